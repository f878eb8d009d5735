package dev.latchkey.server.tokens;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Storable;
import java.io.StringReader;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.MissingResourceException;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.xml.XMLConstants;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A vendor's response as a tree, whether it is JSON, a form, XML or plain text. Bounded, since the response is; no entity is expanded. */
final class AnswerBody {
    private static final int DEEPEST = 50;
    /**
     * Repeated names, bytes after the end, and other invalid JSON are no reason to lose an issued token, which may have replaced the
     * previous one. The last of a name's values counts.
     */
    private static final JsonMapper LENIENT = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(1_000)
                            .maxNumberLength(1_000)
                            .build())
                    .enable(
                            JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS,
                            JsonReadFeature.ALLOW_TRAILING_COMMA,
                            JsonReadFeature.ALLOW_SINGLE_QUOTES,
                            JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS,
                            JsonReadFeature.ALLOW_LEADING_ZEROS_FOR_NUMBERS,
                            JsonReadFeature.ALLOW_JAVA_COMMENTS)
                    .build())
            .disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** The beginning of a form labelled text/plain: a name without spaces or markup, and its value. */
    private static final Pattern FORM_BEGINS = Pattern.compile("[A-Za-z0-9_.%+-]{1,100}=");

    private static final Pattern TOKEN_IN_FORM = Pattern.compile("(^|&)(access_token|error)=");

    private static final Pattern HALF_ESCAPED = Pattern.compile(
            "\\\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\\\u[dD][c-fC-F])|(?<!\\\\u[dD][89abAB][0-9a-fA-F]{2})\\\\u[dD][c-fC-F][0-9a-fA-F]{2}");

    private AnswerBody() {}

    /** Empty for HTML and unreadable content. It can be written as JSON and stored ({@link Storable}). */
    public static Optional<JsonNode> of(Egress.Response answer) {
        return tree(answer).map(Storable::of);
    }

    /** By its declared type, and then by its content: vendors and gateways mislabel. */
    private static Optional<JsonNode> tree(Egress.Response answer) {
        String type = answer.headers().getOrDefault("content-type", "").toLowerCase(Locale.ROOT);
        String text = text(answer, type).strip();
        boolean looksLikeJson = text.startsWith("{") || text.startsWith("[");
        if (type.startsWith("application/x-www-form-urlencoded") && !looksLikeJson && !text.startsWith("<")) {
            return Optional.of(form(text));
        }
        if (text.startsWith("<")) {
            return type.startsWith("text/html") ? Optional.empty() : xml(text);
        }
        Optional<JsonNode> json = json(text);
        if (json.isEmpty() && HALF_ESCAPED.matcher(text).find()) {
            // No decoder of names accepts half a character.
            json = json(HALF_ESCAPED.matcher(text).replaceAll("\\\\ufffd"));
        }
        if (json.isEmpty()) {
            if (isForm(text)) {
                return Optional.of(form(text));
            }
            return type.startsWith("text/plain") && !text.isEmpty()
                    ? Optional.of(Json.MAPPER.getNodeFactory().stringNode(text))
                    : Optional.empty();
        }
        return json.filter(node -> !node.isMissingNode());
    }

    /** Whether it is a complete JSON object: further bytes are not part of it. */
    static boolean isWholeJson(Egress.Response answer) {
        return json(text(answer, "").strip()).filter(JsonNode::isObject).isPresent();
    }

    /** Empty if it is not JSON. */
    private static Optional<JsonNode> json(String text) {
        try {
            return Optional.of(LENIENT.readTree(text));
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    /** UTF-8 (RFC 8259 section 8.1), UTF-16 if it begins with its mark, or the encoding that the vendor declares or must have meant. */
    private static String text(Egress.Response answer, String type) {
        byte[] body = answer.body();
        if (body.length >= 2
                && (body[0] == (byte) 0xfe && body[1] == (byte) 0xff
                        || body[0] == (byte) 0xff && body[1] == (byte) 0xfe)) {
            return new String(body, StandardCharsets.UTF_16);
        }
        if (body.length >= 4 && body[0] == 0 ^ body[1] == 0) {
            return new String(body, body[0] == 0 ? StandardCharsets.UTF_16BE : StandardCharsets.UTF_16LE);
        }
        try {
            String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
            return text.startsWith("\ufeff") ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            return new String(
                    body, type.contains("8859-1") || type.contains("1252") ? Charset.forName("windows-1252") : UTF_8);
        }
    }

    private static boolean isForm(String text) {
        return FORM_BEGINS.matcher(text).lookingAt()
                && text.chars().noneMatch(c -> "<{\n".indexOf(c) >= 0)
                && (TOKEN_IN_FORM.matcher(text).find()
                        || text.contains("&") && text.chars().noneMatch(Character::isWhitespace));
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
            return URLDecoder.decode(text, UTF_8);
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
