package dev.latchkey.server.logs;

import dev.latchkey.server.connections.AuthorizationFailed;
import dev.latchkey.server.connections.ConnectionEvent;
import dev.latchkey.server.connections.EnvironmentEvent;
import dev.latchkey.server.connections.Event;
import dev.latchkey.server.connections.IntegrationEvent;
import dev.latchkey.server.connections.ProviderEvent;
import dev.latchkey.server.connections.UnreadableConnection;
import dev.latchkey.server.json.Json;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** Events as lines of the log and of a connection's history. */
final class EventLines {
    /** In details: the line describes an event that the timeline keeps for longer. */
    static final String EVENT = "event";
    /** The operation of a failure, as the API names it; it is ours, although it looks like a token. */
    static final String LOG_ID = "log_id";

    private static final Set<String> REFRESHES = Set.of(
            "refreshed",
            "refresh_failed",
            "needs_authorization",
            "recovered",
            "expiring_soon",
            "integration_misconfigured",
            "integration_recovered",
            "provider_incident",
            "provider_incident_ended");
    private static final Set<String> FAILURES = Set.of(
            "refresh_failed",
            "needs_authorization",
            "after_connect_failed",
            AuthorizationFailed.WORD,
            "revocation_failed",
            "integration_misconfigured",
            "provider_incident",
            "unreadable");

    private EventLines() {}

    static LogEntry.Subject subject(Event event) {
        return switch (event) {
            case ConnectionEvent it -> LogEntry.Subject.of(it.connection());
            case IntegrationEvent it -> LogEntry.Subject.of(it.integration());
            case AuthorizationFailed it -> LogEntry.Subject.of(it.integration());
            case EnvironmentEvent _, ProviderEvent _, UnreadableConnection _ -> LogEntry.Subject.NONE;
        };
    }

    static ObjectNode details(String word, Map<String, String> values) {
        ObjectNode details = Json.MAPPER.createObjectNode();
        details.put(EVENT, word);
        values.forEach(
                (name, value) -> details.put(name, name.equals(LOG_ID) ? value : Redactor.text(value, Set.of())));
        return details;
    }

    static LogEntry.Type type(String word) {
        if (word.equals(AuthorizationFailed.WORD)) {
            return LogEntry.Type.CONNECT;
        }
        return REFRESHES.contains(word) ? LogEntry.Type.REFRESH : LogEntry.Type.CONNECTION;
    }

    static boolean isFailure(String word) {
        return FAILURES.contains(word);
    }

    /** The sentence for the connection's page and the log. */
    static String message(String word, Map<String, String> details) {
        String reason = Redactor.text(details.getOrDefault("reason", ""), Set.of());
        boolean isImport = "import".equals(details.get("by"));
        String said = switch (word) {
            case "created" -> isImport ? "Imported" : "Connected";
            case "overridden" -> isImport ? "Imported again" : "Authorized again" + account(details);
            case "refreshed" ->
                details.containsKey("missing_scopes")
                        ? "Refreshed, without the scopes " + details.get("missing_scopes")
                        : sentence(word);
            case "recovered" -> "Refreshed again after failures";
            case "unreadable" -> "Its row cannot be read";
            case "integration_misconfigured" -> "The provider refuses this integration's client";
            case "integration_recovered" -> "The provider takes this integration's client again";
            case "provider_incident" ->
                "The provider " + details.getOrDefault("provider", "") + " fails for all connections";
            case "provider_incident_ended" -> "The provider " + details.getOrDefault("provider", "") + " works again";
            default -> sentence(word);
        };
        return reason.isEmpty() ? said : said + ": " + reason;
    }

    private static String account(Map<String, String> details) {
        return details.containsKey("account_changed")
                ? ", as another account: " + details.get("account_to") + " instead of " + details.get("account_from")
                : "";
    }

    private static String sentence(String word) {
        String words = word.replace('_', ' ');
        return Character.toUpperCase(words.charAt(0)) + words.substring(1);
    }
}
