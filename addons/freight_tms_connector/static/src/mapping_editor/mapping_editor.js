/** @odoo-module **/

import { Component, onWillStart, useState } from "@odoo/owl";
import { CodeEditor } from "@web/core/code_editor/code_editor";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { Layout } from "@web/search/layout";

const MODEL = "freight.mapping.trial";
/** Milliseconds without a key before the rules are tried. */
const QUIET = 400;

/** The rules of a mapping at the left, and what they make of a message at the right. */
export class FreightMappingEditor extends Component {
    static template = "freight_tms_connector.MappingEditor";
    static components = { CodeEditor, Layout };
    static props = ["*"];

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.display = { controlPanel: {} };
        this.latest = new KeepLast();
        this.state = useState({
            version: null,
            text: "",
            dirty: false,
            messageId: false,
            sample: "",
            result: null,
        });
        this.tryLater = useDebounced(() => this.try(), QUIET);
        onWillStart(() => this.load());
    }

    get versionId() {
        const { params, context } = this.props.action;
        return (params && params.version_id) || context.active_id;
    }

    async load() {
        const version = await this.orm.call(MODEL, "open_editor", [this.versionId]);
        const [newest] = version.messages;
        Object.assign(this.state, {
            version,
            text: version.text,
            messageId: newest ? newest.id : false,
        });
        await this.try();
    }

    async try() {
        const { text, messageId, sample } = this.state;
        const call = this.orm.silent.call(MODEL, "preview", [
            this.versionId,
            text,
            messageId || null,
            sample,
        ]);
        this.state.result = await this.latest.add(call);
    }

    onRules(text) {
        this.state.text = text;
        this.state.dirty = true;
        this.tryLater();
    }

    onMessage(ev) {
        this.state.messageId = parseInt(ev.target.value) || false;
        this.try();
    }

    onSample(ev) {
        this.state.sample = ev.target.value;
        this.tryLater();
    }

    async save() {
        await this.orm.write("freight.mapping.version", [this.versionId], {
            definition_text: this.state.text,
        });
        this.state.dirty = false;
        this.notification.add(_t("The draft is saved."), { type: "success" });
    }
}

registry.category("actions").add("freight_mapping_editor", FreightMappingEditor);
