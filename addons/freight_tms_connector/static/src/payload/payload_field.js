/** @odoo-module **/

import { Component, useState } from "@odoo/owl";
import { formatInteger } from "@web/views/fields/formatters";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Levels of a JSON tree that are open at first. */
const OPEN_LEVELS = 3;

/** One node of a JSON tree, and those below it. Everything is text: nothing is interpreted. */
export class PayloadNode extends Component {
    static template = "freight_tms_connector.PayloadNode";
    static components = {};
    static props = {
        name: { optional: true },
        node: Object,
        level: Number,
        // Changes when all nodes are to be opened or folded.
        signal: Object,
    };

    setup() {
        this.state = useState({ open: this.props.level < OPEN_LEVELS });
        this.heard = this.props.signal.count;
    }

    get isBranch() {
        return Array.isArray(this.props.node.value);
    }

    get isOpen() {
        const { signal } = this.props;
        if (this.heard !== signal.count) {
            this.heard = signal.count;
            this.state.open = signal.open;
        }
        return this.state.open;
    }

    get hidden() {
        const { node } = this.props;
        return node.count - node.value.length;
    }

    get summary() {
        const { node } = this.props;
        return node.type === "array" ? `[ ${node.count} ]` : `{ ${node.count} }`;
    }

    toggle() {
        this.state.open = !this.state.open;
    }
}
PayloadNode.components = { PayloadNode };

/** What a message says: EDI by segment, JSON as a tree, CSV as a table, or as it came. */
export class PayloadField extends Component {
    static template = "freight_tms_connector.PayloadField";
    static components = { PayloadNode };
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.state = useState({
            payload: null,
            raw: false,
            signal: { count: 0, open: true },
        });
        useRecordObserver((record) => this.load(record));
    }

    /** Read the payload of another message; the same one is read, and noted, once. */
    async load(record) {
        if (!record.resId || record.resId === this.resId) {
            return;
        }
        this.resId = record.resId;
        const payload = await this.orm.call(record.resModel, "get_payload", [[record.resId]]);
        if (this.resId === record.resId) {
            Object.assign(this.state, { payload, raw: false });
        }
    }

    get parts() {
        const { payload, raw } = this.state;
        return !raw && ["segments", "tree", "table"].find((part) => payload[part]);
    }

    get hasParts() {
        const { segments, tree, table } = this.state.payload;
        return Boolean(segments || tree || table);
    }

    /** Whether what is shown now is not all; segments say so in their own last row. */
    get isCut() {
        const { table, cut, partial } = this.state.payload;
        return this.parts ? partial || (this.parts === "table" && table.more) : cut;
    }

    get facts() {
        const { codec, size } = this.state.payload;
        return _t("%s, %s bytes", (codec || "").toUpperCase(), formatInteger(size));
    }

    toggleRaw() {
        this.state.raw = !this.state.raw;
    }

    foldAll(open) {
        this.state.signal = { count: this.state.signal.count + 1, open };
    }

    async copy() {
        await navigator.clipboard.writeText(this.state.payload.text);
        this.notification.add(_t("Copied as it came."), { type: "success" });
    }
}

registry.category("fields").add("freight_payload", {
    component: PayloadField,
    displayName: _t("Payload of a message"),
    supportedTypes: ["char"],
});
