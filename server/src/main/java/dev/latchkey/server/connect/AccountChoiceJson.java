package dev.latchkey.server.connect;

import dev.latchkey.server.connections.GrantJson;
import dev.latchkey.server.json.Json;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A choice as JSON, for the vault: with the grant's secrets in clear text. */
final class AccountChoiceJson {
    private AccountChoiceJson() {}

    static ObjectNode write(AccountChoice choice) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.set("grant", GrantJson.write(choice.grant()));
        AfterConnectSteps.Progress progress = choice.progress();
        json.putObject("progress")
                .put("next", progress.next())
                .set("inherited", Json.MAPPER.valueToTree(progress.inherited()))
                .set("problems", Json.MAPPER.valueToTree(progress.problems()))
                .set("forget", Json.MAPPER.valueToTree(progress.forget()))
                .set("unconfirmed", Json.MAPPER.valueToTree(progress.unconfirmed()))
                .set("picked", Json.MAPPER.valueToTree(progress.picked()));
        ArrayNode options = json.putArray("options");
        choice.options()
                .forEach(option -> options.addObject()
                        .put("title", option.title())
                        .put("detail", option.detail())
                        .set("values", Json.MAPPER.valueToTree(option.values()))
                        .set("outdated", Json.MAPPER.valueToTree(option.outdated())));
        json.put("former_gone", choice.formerGone());
        return json;
    }

    static AccountChoice read(JsonNode json) {
        JsonNode progress = json.get("progress");
        return new AccountChoice(
                GrantJson.read(json.get("grant")),
                new AfterConnectSteps.Progress(
                        progress.get("next").asInt(),
                        new HashSet<>(texts(progress.get("inherited"))),
                        texts(progress.get("problems")),
                        texts(progress.get("forget")),
                        texts(progress.get("unconfirmed")),
                        new HashSet<>(texts(progress.get("picked")))),
                json.get("options").valueStream().map(AccountChoiceJson::option).toList(),
                json.get("former_gone").asBoolean());
    }

    private static AccountChoice.Option option(JsonNode json) {
        Map<String, String> values = new HashMap<>();
        json.get("values")
                .properties()
                .forEach(entry -> values.put(entry.getKey(), entry.getValue().asString()));
        return new AccountChoice.Option(
                json.get("title").asString(),
                json.get("detail").asString(),
                values,
                new HashSet<>(texts(json.get("outdated"))));
    }

    private static List<String> texts(JsonNode list) {
        return list.valueStream().map(JsonNode::asString).toList();
    }
}
