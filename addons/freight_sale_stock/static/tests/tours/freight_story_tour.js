/** @odoo-module **/

import { registry } from "@web/core/registry";

/** Confirms a quotation and sees its shipment released to the TMS. */
registry.category("web_tour.tours").add("freight_story_release", {
    test: true,
    steps: () => [
        {
            content: "confirm the quotation",
            trigger: "button[name=action_confirm]",
        },
        {
            content: "open the shipment that came of it",
            trigger: "button[name=action_open_freight_shipments]",
        },
        {
            content: "it was released",
            trigger: ".o_arrow_button_current:contains(Released)",
            isCheck: true,
        },
    ],
});

const stageHasNode = (stage) => ({
    content: `the trace shows the stage ${stage}`,
    trigger: `.o_freight_trace_stage[data-stage=${stage}] .o_freight_trace_node`,
    isCheck: true,
});

/** Walks from the order over the delivered shipment and its trace to the journal entry. */
registry.category("web_tour.tours").add("freight_story_trace", {
    test: true,
    steps: () => [
        {
            content: "open the shipment of the order",
            trigger: "button[name=action_open_freight_shipments]",
        },
        {
            content: "it was delivered",
            trigger: ".o_arrow_button_current:contains(Delivered)",
            isCheck: true,
        },
        {
            content: "the carrier's bill was approved",
            trigger: ".o_field_widget[name=finance_state]:contains(Approved)",
            isCheck: true,
        },
        {
            content: "walk the trace",
            trigger: "button[name=action_open_trace]",
        },
        ...["order", "outbox", "message", "event", "accrual", "invoice", "match", "entry"].map(
            stageHasNode
        ),
        {
            content: "select an event: the message that caused it lights up",
            trigger: ".o_freight_trace_stage[data-stage=event] .o_freight_trace_node:contains(Delivered)",
        },
        {
            content: "its message is related",
            trigger: ".o_freight_trace_stage[data-stage=message] .o_freight_trace_related",
            isCheck: true,
        },
        {
            content: "open the journal entry",
            trigger: ".o_freight_trace_stage[data-stage=entry] .o_freight_trace_node a:first",
        },
        {
            content: "the entry stands",
            trigger: ".o_form_view .o_field_widget[name=line_ids], .o_form_view .o_field_widget[name=invoice_line_ids]",
            isCheck: true,
        },
    ],
});
