package dev.latchkey.server.dashboard;

import dev.latchkey.server.environments.Forwarding;
import dev.latchkey.server.webhooks.outbound.Endpoints;
import dev.latchkey.server.webhooks.outbound.EventType;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What the form of a webhook endpoint says, and what is wrong with it. */
final class EndpointFields {
    private EndpointFields() {}

    static Forwarding forwarding(Visit visit) {
        return visit.checked("received") ? Forwarding.RECEIVED : Forwarding.EVENTS;
    }

    static Map<EventType, Boolean> events(Visit visit) {
        Map<EventType, Boolean> events = new EnumMap<>(EventType.class);
        List<String> wanted = visit.fields("event");
        for (EventType type : EventType.values()) {
            boolean wants = wanted.contains(type.title());
            if (type != EventType.TEST && type.isSetting() && wants != type.byDefault()) {
                events.put(type, wants);
            }
        }
        return events;
    }

    static String words(String url, Endpoints.Outcome.BadAddress bad) {
        return "!" + (url.isEmpty() ? "The address" : url) + " " + bad.reason() + ".";
    }

    static String words(Endpoints.Refusal why) {
        return switch (why) {
            case URL_TAKEN -> "An endpoint with this URL exists already.";
            case ROLE_TAKEN -> "Another endpoint has this role already.";
            case TOO_MANY -> "An environment has at most " + Endpoints.MOST + " endpoints.";
            case DESCRIPTION_TOO_LONG ->
                "The description has at most " + Endpoints.LONGEST_DESCRIPTION + " characters.";
        };
    }
}
