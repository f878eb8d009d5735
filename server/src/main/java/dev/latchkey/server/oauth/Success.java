package dev.latchkey.server.oauth;

import dev.latchkey.catalogue.Call;
import dev.latchkey.server.egress.Egress;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Whether an answer is a success, as the definition tells: vendors hide errors in a 200, and successes in a 400. */
public final class Success {
    private Success() {}

    /** Without a rule: any 2xx. */
    public static boolean of(Egress.Answer answer, Optional<Call.OkWhen> rule) {
        boolean status = rule.map(Call.OkWhen::statuses)
                .filter(statuses -> !statuses.isEmpty())
                .map(statuses -> statuses.contains(answer.status()))
                .orElse(answer.status() >= 200 && answer.status() < 300);
        return status && rule.map(it -> said(answer, it)).orElse(true);
    }

    /** What the body says, whatever the status. */
    public static boolean said(Egress.Answer answer, Call.OkWhen rule) {
        return rule.json().map(path -> there(answer, path, rule)).orElse(true)
                && rule.contains()
                        .map(pattern -> pattern.matcher(answer.text()).find())
                        .orElse(true)
                && rule.lacks()
                        .map(pattern -> !pattern.matcher(answer.text()).find())
                        .orElse(true);
    }

    private static boolean there(Egress.Answer answer, dev.latchkey.catalogue.JsonPath path, Call.OkWhen rule) {
        Optional<JsonNode> found = AnswerBody.of(answer).flatMap(path::in);
        return rule.is().isEmpty()
                ? found.isPresent()
                : found.filter(JsonNode::isValueNode)
                        .map(JsonNode::asString)
                        .filter(rule.is().get()::equals)
                        .isPresent();
    }
}
