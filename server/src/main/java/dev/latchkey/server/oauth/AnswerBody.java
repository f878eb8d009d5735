package dev.latchkey.server.oauth;

import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.operations.Json;
import java.io.StringReader;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.MissingResourceException;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.xml.XMLConstants;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/** A vendor's answer as a tree, whether it is JSON, a form, XML or plain text. Bounded, since the answer is; no entity is expanded. */
final class AnswerBody {
    private static final int DEEPEST = 50;
    /**
     * A name that comes twice, or bytes after the end, are no reason to lose a token that was issued and may have used up the one
     * before it. The last of a name's values counts.
     */
    private static final JsonMapper LENIENT = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(Json.CONSTRAINTS)
                    .build())
            .disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** How a form begins that its sender labels text/plain: a name without blanks or markup, and its value. */
    private static final Pattern FORM_BEGINS = Pattern.compile("[A-Za-z0-9_.%+-]{1,100}=");

    private AnswerBody() {}

    /** Empty for HTML, and for what is not what it says. Texts are without NUL, which no database stores. */
    static Optional<JsonNode> of(Egress.Answer answer) {
        return tree(answer).map(AnswerBody::withoutNul);
    }

    private static JsonNode withoutNul(JsonNode node) {
        return switch (node) {
            case ObjectNode object -> {
                for (Map.Entry<String, JsonNode> member : List.copyOf(object.properties())) {
                    JsonNode clean = withoutNul(member.getValue());
                    if (member.getKey().indexOf('\0') >= 0) {
                        object.remove(member.getKey());
                        object.set(member.getKey().replace("\0", ""), clean);
                    } else if (clean != member.getValue()) {
                        object.set(member.getKey(), clean);
                    }
                }
                yield object;
            }
            case ArrayNode list -> {
                for (int i = 0; i < list.size(); i++) {
                    list.set(i, withoutNul(list.get(i)));
                }
                yield list;
            }
            case StringNode text ->
                text.stringValue().indexOf('\0') < 0
                        ? text
                        : StringNode.valueOf(text.stringValue().replace("\0", ""));
            default -> node;
        };
    }

    private static Optional<JsonNode> tree(Egress.Answer answer) {
        String type = answer.headers().getOrDefault("content-type", "").toLowerCase(Locale.ROOT);
        if (type.startsWith("application/x-www-form-urlencoded")) {
            return Optional.of(form(answer.text()));
        }
        // Some vendors call their JSON HTML.
        if (type.startsWith("text/html") && !answer.text().stripLeading().startsWith("{")) {
            return Optional.empty();
        }
        if (type.contains("xml")) {
            return xml(answer.text());
        }
        try {
            return Optional.of(LENIENT.readTree(answer.body())).filter(node -> !node.isMissingNode());
        } catch (JacksonException e) {
            String text = answer.text().strip();
            if (text.startsWith("<")) {
                return xml(text);
            }
            if (isForm(text)) {
                return Optional.of(form(text));
            }
            return type.startsWith("text/plain") && !text.isEmpty()
                    ? Optional.of(Json.MAPPER.getNodeFactory().stringNode(text))
                    : Optional.empty();
        }
    }

    private static boolean isForm(String text) {
        return FORM_BEGINS.matcher(text).lookingAt()
                && text.chars().noneMatch(Character::isWhitespace)
                && (text.contains("&") || text.startsWith("access_token=") || text.startsWith("error="));
    }

    static ObjectNode form(String text) {
        ObjectNode form = Json.MAPPER.createObjectNode();
        for (String pair : text.strip().split("&")) {
            String[] parts = pair.split("=", 2);
            form.put(decode(parts[0]), parts.length > 1 ? decode(parts[1]) : "");
        }
        return form;
    }

    private static String decode(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    /** Elements by local name, attributes with {@code $} before theirs, repeated elements as a list. */
    private static Optional<JsonNode> xml(String text) {
        XMLInputFactory factory = XMLInputFactory.newFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLConstants.ACCESS_EXTERNAL_DTD, "");
        try {
            XMLStreamReader reader = factory.createXMLStreamReader(new StringReader(text));
            ObjectNode root = Json.MAPPER.createObjectNode();
            while (reader.hasNext()) {
                if (reader.next() == XMLStreamReader.START_ELEMENT) {
                    root.set(reader.getLocalName(), element(reader, 0));
                }
            }
            return root.isEmpty() || root.has("html") ? Optional.empty() : Optional.of(root);
        } catch (XMLStreamException | MissingResourceException e) {
            // The second where the JDK lacks the words for what it did not like in a document type.
            return Optional.empty();
        }
    }

    private static JsonNode element(XMLStreamReader reader, int depth) throws XMLStreamException {
        if (depth > DEEPEST) {
            throw new XMLStreamException("too deep");
        }
        ObjectNode node = Json.MAPPER.createObjectNode();
        for (int i = 0; i < reader.getAttributeCount(); i++) {
            node.put("$" + reader.getAttributeLocalName(i), reader.getAttributeValue(i));
        }
        StringBuilder text = new StringBuilder();
        while (reader.hasNext()) {
            switch (reader.next()) {
                case XMLStreamReader.START_ELEMENT -> {
                    String name = reader.getLocalName();
                    add(node, name, element(reader, depth + 1));
                }
                case XMLStreamReader.CHARACTERS, XMLStreamReader.CDATA -> text.append(reader.getText());
                case XMLStreamReader.END_ELEMENT -> {
                    if (node.isEmpty()) {
                        return Json.MAPPER
                                .getNodeFactory()
                                .stringNode(text.toString().strip());
                    }
                    if (!text.toString().isBlank()) {
                        node.put("$text", text.toString().strip());
                    }
                    return node;
                }
                default -> {}
            }
        }
        return node;
    }

    private static void add(ObjectNode node, String name, JsonNode value) {
        JsonNode there = node.get(name);
        if (there instanceof ArrayNode list) {
            list.add(value);
        } else if (there == null) {
            node.set(name, value);
        } else {
            node.putArray(name).add(there).add(value);
        }
    }
}
