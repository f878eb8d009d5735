package dev.latchkey.server.connect;

import java.util.Set;

/** The types by which pages and handlers that were written for Nango know how a flow failed, in WebSocket messages and webhooks. */
public final class ErrorTypes {
    /** Nango has no type for these, since it has no such failure, or has this one. */
    static final Set<String> OURS = Set.of(
            "account_changed",
            "account_choice_needed",
            "account_not_granted",
            "account_unconfirmed",
            "connection_test_failed",
            "expired_token",
            "installation_not_proven",
            "installation_pending",
            "integration_not_allowed",
            "invalid_query_params",
            "missing_scopes",
            "no_account_granted",
            "origin_not_allowed",
            "resource_capped",
            "unproven_installation");

    private ErrorTypes() {}

    /** @param code of a refusal, as the API's errors, the pages and the log have it; a vendor's own word is unknown to all of them */
    public static String of(String code) {
        return switch (code) {
            case "access_denied",
                    "refused_by_provider",
                    "missing_code",
                    "invalid_callback",
                    "invalid_signature",
                    "issuer_mismatch" -> "callback_err";
            case "connection_validation_failed" -> "url_param_err";
            case "unknown_provider_config", "missing_credentials" -> "provider_config_err";
            case "unknown_provider_template" -> "unknown_config_key";
            case "invalid_auth_mode" -> "auth_mode_err";
            case "invalid_state" -> "state_err";
            case "two_step_credentials_fetch_error", "bill_tokens_fetch_error", "client_credentials_fetch_error" ->
                "connection_test_failed";
            default -> OURS.contains(code) || isOfTheApi(code) ? code : "unknown_err";
        };
    }

    /** Of a request that no flow began from: its session is unknown, or connecting is paused. */
    private static boolean isOfTheApi(String code) {
        return code.endsWith("_connect_session_token")
                || code.endsWith("_connect_session_token_format")
                || code.equals("paused")
                || code.equals("missing_public_key")
                || code.equals("too_many_request");
    }
}
