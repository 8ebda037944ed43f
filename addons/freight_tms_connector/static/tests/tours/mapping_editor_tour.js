/** @odoo-module **/

import { registry } from "@web/core/registry";

const editor = () => window.ace.edit(document.querySelector(".o_freight_editor_rules .ace_editor"));

/** Breaks a rule, reads where it is broken, mends it and saves the draft. */
registry.category("web_tour.tours").add("freight_mapping_editor", {
    test: true,
    steps: () => [
        {
            content: "the message is an event by the rules as they are",
            trigger: ".o_freight_editor_document pre:contains(delivered)",
            run() {
                this.text = editor().getValue();
                editor().setValue(this.text.replace('"doc.B10[0].B1002"', '"doc.["'));
                window.freightRules = this.text;
            },
        },
        {
            content: "the error names the rule and its line",
            trigger: ".o_freight_editor_error:contains(line):contains(documents[0].fields[0])",
            run() {
                editor().setValue(window.freightRules.replace('"default": "actual"', '"default": "planned"'));
            },
        },
        {
            content: "the result follows the rules",
            trigger: ".o_freight_editor_document pre:contains(planned)",
            isCheck: true,
        },
        { content: "save", trigger: ".o_freight_editor_save:enabled" },
        {
            content: "it is saved",
            trigger: ".o_notification:contains(The draft is saved)",
            isCheck: true,
        },
    ],
});
