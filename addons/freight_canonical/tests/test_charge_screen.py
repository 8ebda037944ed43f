"""The charges of a shipment as the browser shows them."""

from odoo.tests import HttpCase, tagged

OPEN_CHARGES = """
    const until = async (find) => {
        for (let tries = 0; tries < 200; tries++) {
            const found = find();
            if (found) {
                return found;
            }
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
        throw new Error("not shown: " + find);
    };
    (async () => {
        (await until(() => document.querySelector("a.nav-link[name=charges]"))).click();
        const table = await until(() => document.querySelector(".o_freight_charge_table"));
        const cells = [...table.querySelectorAll("tbody td, tfoot td")];
        const said = cells.map((cell) => cell.textContent.replace(/\\s/g, "")).join("|");
        const wanted = %r;
        if (said !== wanted) {
            throw new Error("shown: " + said + " wanted: " + wanted);
        }
        if (!table.querySelector("tbody .text-danger")) {
            throw new Error("what costs more is not red");
        }
        console.log("test successful");
    })().catch((error) => console.error(error.message));
"""


@tagged("post_install", "-at_install")
class TestChargeScreen(HttpCase):
    def test_stages_stand_side_by_side(self):
        codes = self.env["freight.charge.code"]
        lift = codes.search([("code", "=", "LFT")])
        lift.name = "Lift"
        shipment = self.env["freight.shipment"].create(
            {
                "currency_id": self.env.ref("base.USD").id,
                "charge_ids": [
                    (0, 0, {"code_id": lift.id, "stage": stage, "amount": amount})
                    for stage, amount in (("estimated", 60), ("actual", 75.5))
                ],
            }
        )
        self.browser_js(
            f"/web#id={shipment.id}&model=freight.shipment&view_type=form",
            OPEN_CHARGES % "LFTLift|$60.00|$75.50|+$15.50|Total|$60.00|$75.50|+$15.50",
            login="admin",
            timeout=90,
        )
