-- a copied database reaches no partner and knows no partner's secret
UPDATE freight_endpoint SET environment = 'sandbox';
DELETE FROM ir_config_parameter WHERE key = 'freight.environment';
UPDATE freight_endpoint SET state = 'disabled' WHERE state = 'active';
DELETE FROM freight_credential;
UPDATE freight_api_token SET revoked = now() AT TIME ZONE 'UTC' WHERE revoked IS NULL;
UPDATE freight_api_client
   SET active = false, secret_digest = NULL, secret_since = NULL, previous_digest = NULL,
       previous_until = NULL;
UPDATE freight_subscription SET active = false;
UPDATE freight_poll SET active = false;
UPDATE freight_folder SET active = false;
