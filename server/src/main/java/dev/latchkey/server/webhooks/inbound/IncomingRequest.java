package dev.latchkey.server.webhooks.inbound;

import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Storable;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A vendor's request, unchanged.
 *
 * @param url as seen by the vendor, with its query
 * @param headers by name in lower case
 * @param raw the body's bytes, which are signed
 * @param content the body as read: JSON, a form as an object, or its text
 */
public record IncomingRequest(
        String method,
        String url,
        Map<String, String> headers,
        Map<String, String> query,
        byte[] raw,
        JsonNode content) {
    public static IncomingRequest of(
            String method, String url, Map<String, String> headers, Map<String, String> query, byte[] raw) {
        return new IncomingRequest(
                method, url, headers, query, raw, Storable.of(content(headers.getOrDefault("content-type", ""), raw)));
    }

    private static JsonNode content(String type, byte[] raw) {
        String text = new String(raw, StandardCharsets.UTF_8);
        if (type.toLowerCase(Locale.ROOT).startsWith("multipart/form-data")) {
            ObjectNode form = Json.MAPPER.createObjectNode();
            MultipartForm.fields(type, raw).forEach(form::put);
            // Dropbox Sign's events: JSON in the field of this name.
            return json(form.path("json").asString("")).orElse(form);
        }
        if (type.toLowerCase(Locale.ROOT).startsWith("application/x-www-form-urlencoded")) {
            ObjectNode form = Json.MAPPER.createObjectNode();
            fields(text).forEach(field -> {
                if (!form.has(field.getKey())) {
                    form.put(field.getKey(), field.getValue());
                }
            });
            // GitHub's form deliveries, Slack's interactions: JSON in a field of this name.
            return json(form.path("payload").asString("")).orElse(form);
        }
        return json(text).orElseGet(() -> Json.MAPPER.getNodeFactory().stringNode(text));
    }

    private static Optional<JsonNode> json(String text) {
        if (text.isBlank()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Json.MAPPER.readTree(text)).filter(JsonNode::isContainer);
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    private static List<Map.Entry<String, String>> fields(String form) {
        List<Map.Entry<String, String>> fields = new ArrayList<>();
        for (String pair : form.split("&")) {
            int equals = pair.indexOf('=');
            if (!pair.isEmpty()) {
                fields.add(Map.entry(
                        decoded(equals < 0 ? pair : pair.substring(0, equals)),
                        decoded(equals < 0 ? "" : pair.substring(equals + 1))));
            }
        }
        return fields;
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    /** The form's fields, name and value after each other, in the order of the names. */
    String sortedForm() {
        StringBuilder joined = new StringBuilder();
        Map<String, List<String>> sorted = new TreeMap<>();
        if (headers.getOrDefault("content-type", "").startsWith("application/x-www-form-urlencoded")) {
            fields(new String(raw, StandardCharsets.UTF_8))
                    .forEach(field -> sorted.computeIfAbsent(field.getKey(), name -> new ArrayList<>())
                            .add(field.getValue()));
        }
        sorted.forEach((name, values) ->
                values.stream().sorted().forEach(value -> joined.append(name).append(value)));
        return joined.toString();
    }

    /** The value at a definition's path. @param body the event that {@code body.} speaks of: one of a batch, or the whole */
    Optional<String> at(String path, JsonNode body) {
        if (path.startsWith("label(")) {
            return at(path.substring("label(".length(), path.length() - 1), body)
                    .map(host -> host.replaceFirst("^https?://", ""))
                    .map(host -> host.contains(".") ? host.substring(0, host.indexOf('.')) : host);
        }
        if (path.startsWith("last(")) {
            return at(path.substring("last(".length(), path.length() - 1), body)
                    .map(address -> address.substring(address.lastIndexOf('/') + 1));
        }
        if (path.startsWith("json(")) {
            int end = path.indexOf(").");
            return at(path.substring("json(".length(), end), body)
                    .flatMap(IncomingRequest::within)
                    .flatMap(json ->
                            JsonPath.parse(path.substring(end + ").".length())).textIn(json));
        }
        int dot = path.indexOf('.');
        String root = dot < 0 ? path : path.substring(0, dot);
        String rest = dot < 0 ? "" : path.substring(dot + 1);
        return switch (root) {
            case "header" -> Optional.ofNullable(headers.get(rest.toLowerCase(Locale.ROOT)));
            case "query" -> Optional.ofNullable(query.get(rest));
            case "body" -> JsonPath.parse(rest.isEmpty() ? "$" : rest).textIn(body);
            default -> Optional.empty();
        };
    }

    /** JSON that is a text in JSON, or the base64 of one. */
    private static Optional<JsonNode> within(String text) {
        return json(text).or(() -> {
            try {
                return json(new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8));
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
        });
    }

    /** The same request, with the content of a token that is its whole body. */
    IncomingRequest reading(JsonNode claims) {
        return new IncomingRequest(method, url, headers, query, raw, Storable.of(claims));
    }

    /** The events in it. @param split where the list may be, if it is a batch */
    List<JsonNode> events(List<String> split) {
        return batch(split)
                .flatMap(this::list)
                .map(list -> List.copyOf(list.values()))
                .orElse(List.of(content));
    }

    /** The first of the places that holds a list. */
    private Optional<String> batch(List<String> split) {
        return split.stream().filter(place -> list(place).isPresent()).findFirst();
    }

    private Optional<ArrayNode> list(String place) {
        JsonPath path = place.equals("body") ? JsonPath.parse("$") : JsonPath.parse(place.substring("body.".length()));
        return path.in(content).filter(JsonNode::isArray).map(ArrayNode.class::cast);
    }

    /** The body as it was received, but for those events of its batch that are not among these. */
    JsonNode with(List<String> split, List<JsonNode> events) {
        Optional<String> batch = batch(split);
        if (batch.isEmpty() || events(split).size() == events.size()) {
            return content;
        }
        ArrayNode list = Json.MAPPER.createArrayNode().addAll(events);
        if (batch.get().equals("body")) {
            return list;
        }
        String path = batch.get().substring("body.".length());
        int last = path.lastIndexOf('.');
        JsonNode whole = content.deepCopy();
        JsonNode parent = last < 0
                ? whole
                : JsonPath.parse(path.substring(0, last)).in(whole).orElse(whole);
        if (parent instanceof ObjectNode object) {
            object.set(path.substring(last + 1), list);
        }
        return whole;
    }

    /** Without body and headers: they are the vendor's and may be signed. */
    @Override
    public String toString() {
        return method + " " + raw.length + " bytes";
    }
}
