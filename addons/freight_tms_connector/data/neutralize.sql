-- a copied database reaches no partner and knows no partner's secret
UPDATE freight_endpoint SET environment = 'sandbox';
UPDATE freight_endpoint SET state = 'disabled' WHERE state = 'active';
DELETE FROM freight_credential;
UPDATE freight_poll SET active = false;
UPDATE freight_folder SET active = false;
