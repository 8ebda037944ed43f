/** @odoo-module **/

import { registry } from "@web/core/registry";

/** Types over what an editor holds: `change` gets the text and returns the new one. */
const retype = (selector, change) => () => {
    const area = document.querySelector(selector);
    area.value = change(area.value);
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.dispatchEvent(new Event("change", { bubbles: true }));
};

/** From the list of messages to a dead letter, a mended copy of it, and a replay. */
registry.category("web_tour.tours").add("freight_message_desk", {
    test: true,
    steps: () => [
        {
            content: "narrow the list to dead letters",
            trigger: ".o_searchview_dropdown_toggler",
        },
        {
            trigger: ".o_filter_menu .dropdown-item:contains(Dead letters)",
        },
        {
            content: "only dead letters are left",
            trigger: ".o_data_row .badge:contains(Dead letter)",
            extra_trigger: ".o_list_view:not(:has(.badge:contains(Applied)))",
            isCheck: true,
        },
        {
            content: "open the one with the mistyped number",
            trigger: ".o_data_row:contains(MISTYPED) td[name=endpoint_id]",
        },
        {
            content: "see what it says",
            trigger: ".o_notebook .nav-link[name=payload]",
        },
        {
            content: "segments have names",
            trigger: ".o_freight_segments tr[data-tag=B10] .o_freight_element:contains(MISTYPED)",
            isCheck: true,
        },
        {
            content: "markup in it is text and nothing else",
            trigger: ".o_freight_segments .o_freight_element:contains('<script>')",
            run: () => {
                if (document.querySelector(".o_freight_payload script")) {
                    throw new Error("a payload became a part of the page");
                }
            },
        },
        {
            content: "show it as it came",
            trigger: ".o_freight_payload_raw",
        },
        {
            trigger: "pre.o_freight_text:contains(MISTYPED)",
            isCheck: true,
        },
        {
            content: "mend a copy",
            trigger: "button[name=action_fix]",
        },
        {
            trigger: ".o_freight_fix_body textarea",
            run: retype(".modal .o_freight_fix_body textarea", (text) =>
                text.replace("MISTYPED", "RIGHT-77")
            ),
        },
        {
            trigger: ".o_field_widget[name=reason] textarea",
            run: "text the carrier said so on the telephone",
        },
        {
            trigger: ".modal-footer button[name=action_fix]",
        },
        {
            content: "the copy stands in the inbox and knows what it is a copy of",
            trigger: ".o_form_view .o_field_widget[name=corrected_from_id]:contains(Test Carrier)",
            extra_trigger: "body:not(:has(.modal))",
            isCheck: true,
        },
        {
            content: "replay it, as if it had come once more",
            trigger: "button[name=action_ask_replay]",
        },
        {
            trigger: ".o_field_widget[name=reason] textarea",
            run: "text to see it applied",
        },
        {
            trigger: ".modal-footer button[name=action_replay]",
        },
        {
            content: "who replayed it and why stands there",
            trigger: ".o_notebook .nav-link[name=replays]",
            extra_trigger: "body:not(:has(.modal))",
        },
        {
            trigger: ".o_field_widget[name=replay_ids] td:contains(to see it applied)",
            isCheck: true,
        },
    ],
});

/** Reads a message that was applied: its state, and its JSON as a tree that folds. */
registry.category("web_tour.tours").add("freight_message_applied", {
    test: true,
    steps: () => [
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Applied)",
            isCheck: true,
        },
        {
            trigger: ".o_notebook .nav-link[name=payload]",
        },
        {
            content: "numbers stand there as they were sent",
            trigger: ".o_freight_tree .o_freight_number:contains(96.10)",
            isCheck: true,
        },
        {
            content: "fold it",
            trigger: ".o_freight_payload button:contains(Fold all)",
        },
        {
            trigger: ".o_freight_tree:not(:has(.o_freight_number))",
            isCheck: true,
        },
        {
            content: "and open it again, markup still being text",
            trigger: ".o_freight_payload button:contains(Expand all)",
        },
        {
            trigger: ".o_freight_tree .o_freight_string:contains('<script>')",
            run: () => {
                if (document.querySelector(".o_freight_payload script")) {
                    throw new Error("a payload became a part of the page");
                }
            },
        },
    ],
});

/** The lights of the endpoints. */
registry.category("web_tour.tours").add("freight_endpoint_lights", {
    test: true,
    steps: () => [
        {
            trigger: ".o_freight_endpoint_red .o_freight_endpoint_reason:contains(Dead letters)",
            isCheck: true,
        },
        {
            trigger: ".o_freight_endpoint_green:contains(test_tms)",
            isCheck: true,
        },
    ],
});
