-- a copied database reaches no partner and knows no partner's secret
UPDATE freight_endpoint SET environment = 'sandbox', state = 'disabled' WHERE state = 'active';
DELETE FROM freight_credential;
