/** @odoo-module **/

import { registry } from "@web/core/registry";

const milestone = (code, status) => ({
    content: `${code} is ${status}`,
    trigger: `.o_freight_milestone[data-code=${code}][data-status=${status}]`,
    isCheck: true,
});

/** Reads the milestones of a shipment that was picked up, and of which nobody reported more. */
registry.category("web_tour.tours").add("freight_milestone_bar", {
    test: true,
    steps: () => [
        milestone("released", "done"),
        milestone("tender_accepted", "unreported"),
        milestone("departed_pickup", "done"),
        {
            content: "what comes next is named for those who do not see it",
            trigger: ".o_freight_milestone[data-code=arrived_delivery][aria-current=step]",
            isCheck: true,
        },
        {
            content: "a late one says so in a word",
            trigger: ".o_freight_milestone[data-lateness=late] .o_freight_milestone_remark:contains(Late)",
            isCheck: true,
        },
        {
            content: "the tooltip has the time of the place",
            trigger: ".o_freight_milestone[data-code=departed_pickup][title*='America/Chicago']",
            isCheck: true,
        },
    ],
});
