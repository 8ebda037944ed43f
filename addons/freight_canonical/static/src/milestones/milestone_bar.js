/** @odoo-module **/

import { Component, useState } from "@odoo/owl";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { localization } from "@web/core/l10n/localization";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** Status -> icon and what it says; a shape and a word for each, so that colour is not needed. */
const STATUSES = {
    done: ["fa-check-circle", _t("Done")],
    implied: ["fa-check-circle-o", _t("Implied by the delivery")],
    unreported: ["fa-question-circle-o", _t("Not reported")],
    next: ["fa-arrow-circle-right", _t("Next")],
    open: ["fa-circle-o", _t("Open")],
    void: ["fa-ban", _t("Does not happen")],
    deviation: ["fa-exclamation-triangle", _t("Otherwise than planned")],
};
const LATENESS = { late: _t("Late"), expected: _t("Expected late") };

/** The milestones of a shipment: before it moves, then stop by stop. */
export class MilestoneBar extends Component {
    static template = "freight_canonical.MilestoneBar";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ groups: [] });
        useRecordObserver((record) => this.load(record));
    }

    /** Load again whenever something changed that the milestones depend on. */
    async load(record) {
        const { projected, planned_pickup, planned_delivery, stop_ids } = record.data;
        const windows = stop_ids.records.map(({ data }) => [data.window_start, data.window_end]);
        const key = JSON.stringify([
            record.resId,
            projected,
            planned_pickup,
            planned_delivery,
            windows,
        ]);
        if (key === this.key) {
            return;
        }
        this.key = key;
        const found = record.resId
            ? await this.orm.call("freight.shipment", "get_milestones", [[record.resId]])
            : { groups: [] };
        if (key === this.key) {
            this.state.groups = found.groups;
        }
    }

    icon(milestone) {
        return STATUSES[milestone.status][0];
    }

    /** What is worth a word: all but what is simply done or simply open. */
    remark(milestone) {
        if (milestone.lateness) {
            return LATENESS[milestone.lateness];
        }
        return ["done", "open", "deviation"].includes(milestone.status)
            ? ""
            : STATUSES[milestone.status][1];
    }

    /** The time that counts most, and what kind it is. */
    time(milestone) {
        const { actual, estimated, planned } = milestone;
        if (actual) {
            return { kind: "", text: this.format(actual) };
        }
        if (milestone.status !== "open" && milestone.status !== "next") {
            return null;
        }
        if (estimated) {
            return { kind: _t("Estimated"), text: this.format(estimated) };
        }
        return planned ? { kind: _t("Planned"), text: this.format(planned) } : null;
    }

    /** A moment of the server in a time zone, by default the viewer's. Nobody needs seconds. */
    format(moment, zone = "default") {
        const { dateFormat, timeFormat } = localization;
        return deserializeDateTime(moment.replace("T", " ").replace("Z", ""))
            .setZone(zone)
            .toFormat(`${dateFormat} ${timeFormat.replace(":ss", "")}`);
    }

    /** All that is known, in the viewer's time zone and in that of the place. */
    tooltip(milestone, group) {
        const lines = [`${milestone.label}: ${STATUSES[milestone.status][1]}`];
        if (milestone.lateness) {
            lines.push(LATENESS[milestone.lateness]);
        }
        const kinds = {
            planned: _t("Planned"),
            due: _t("Not after"),
            estimated: _t("Estimated"),
            actual: _t("Actual"),
        };
        for (const [kind, label] of Object.entries(kinds)) {
            const moment = milestone[kind];
            if (moment && !(kind === "due" && moment === milestone.planned)) {
                const there = this.format(moment, group.tz);
                lines.push(`${label}: ${this.format(moment)} (${there} ${group.tz})`);
            }
        }
        return lines.join("\n");
    }
}

registry.category("view_widgets").add("freight_milestones", {
    component: MilestoneBar,
    fieldDependencies: [
        { name: "projected", type: "datetime" },
        { name: "planned_pickup", type: "datetime" },
        { name: "planned_delivery", type: "datetime" },
    ],
});
