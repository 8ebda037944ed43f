/** @odoo-module **/

import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { formatMonetary } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Charges of a shipment, code by stage, in a table for each currency. */
export class ChargeComparison extends Component {
    static template = "freight_canonical.ChargeComparison";
    static props = { ...standardFieldProps };

    get comparison() {
        return this.props.record.data[this.props.name] || { stages: [], tables: [] };
    }

    amount(table, row, stage) {
        const value = row.amounts[stage.name];
        return value === undefined ? "" : this.format(table, value);
    }

    difference(table, row) {
        if (row.difference === null) {
            return "";
        }
        const sign = row.difference > 0 ? "+" : "";
        return sign + this.format(table, row.difference);
    }

    /** More than was expected is bad news, less is good news. */
    colour(row) {
        if (!row.difference) {
            return "text-muted";
        }
        return row.difference > 0 ? "text-danger" : "text-success";
    }

    format(table, value) {
        return formatMonetary(value, { currencyId: table.currency_id });
    }
}

registry.category("fields").add("freight_charge_comparison", {
    component: ChargeComparison,
    supportedTypes: ["json"],
});
