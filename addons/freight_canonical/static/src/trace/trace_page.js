/** @odoo-module **/

import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { formatDateTime, deserializeDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";

/** Walks from the message that caused it to the journal entry that came of it. */
export class FreightTracePage extends Component {
    static template = "freight_canonical.TracePage";
    static components = { Layout };
    static props = ["*"];

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ trace: null, selected: null });
        this.stages = [
            ["order", _t("Order"), "fa-shopping-cart"],
            ["transfer", _t("Transfer"), "fa-cubes"],
            ["outbox", _t("Sent"), "fa-paper-plane"],
            ["message", _t("Message"), "fa-envelope"],
            ["event", _t("Event"), "fa-truck"],
            ["accrual", _t("Accrual"), "fa-balance-scale"],
            ["invoice", _t("Carrier invoice"), "fa-file-text-o"],
            ["match", _t("Match"), "fa-check-square-o"],
            ["entry", _t("Journal entry"), "fa-book"],
        ];
        this.display = { controlPanel: {} };
        onWillStart(() => this.load());
    }

    get shipmentId() {
        const { params, context } = this.props.action;
        return (params && params.shipment_id) || context.active_id;
    }

    async load() {
        this.state.trace = await this.orm.call("freight.shipment", "get_trace", [
            [this.shipmentId],
        ]);
    }

    nodesOf(stage) {
        return this.state.trace.nodes.filter((node) => node.stage === stage);
    }

    key(node) {
        return `${node.model},${node.res_id}`;
    }

    /** A node is lit when it, its parent or one of its children is selected. */
    isRelated(node) {
        const selected = this.state.selected;
        return (
            selected &&
            (this.key(node) === selected ||
                node.parent === selected ||
                this.state.trace.nodes.some(
                    (other) => this.key(other) === selected && other.parent === this.key(node),
                ))
        );
    }

    time(node) {
        return node.time
            ? formatDateTime(deserializeDateTime(node.time.replace("T", " ").replace("Z", "")))
            : "";
    }

    select(node) {
        const key = this.key(node);
        this.state.selected = this.state.selected === key ? null : key;
    }

    open(node) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: node.model,
            res_id: node.res_id,
            views: [[false, "form"]],
        });
    }
}

registry.category("actions").add("freight_trace", FreightTracePage);
