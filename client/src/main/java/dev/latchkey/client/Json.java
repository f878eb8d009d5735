package dev.latchkey.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.temporal.TemporalAccessor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A JSON value (RFC 8259). Immutable. {@link #get} of a member that is missing is a value that does not {@link #exists exist}, so that
 * a chain of them is safe; reading a text or a number from it throws.
 *
 * <pre>{@code
 * Json user = Json.parse("{\"login\": \"ada\", \"plan\": {\"seats\": 5}}");
 * String login = user.get("login").asText();
 * long seats = user.get("plan").get("seats").asLong();
 * }</pre>
 *
 * <p>For your own JSON library: {@link #toString} is the text, {@link #toObject} plain maps and lists.
 */
public final class Json {
    private static final Json MISSING = new Json(null, false);
    private static final Json NULL = new Json(null, true);

    /** A Map, a List, a String, a Long, a BigInteger, a BigDecimal, a Boolean; null for JSON's null and for what is missing. */
    private final @Nullable Object value;

    private final boolean exists;

    private Json(@Nullable Object value, boolean exists) {
        this.value = value;
        this.exists = exists;
    }

    /**
     * Reads a text.
     *
     * <pre>{@code
     * Json list = Json.parse("[1, 2, 3]");
     * }</pre>
     *
     * @throws IllegalArgumentException when it is not JSON, with the position and without the text
     */
    public static Json parse(String text) {
        return wrap(new JsonReader(text).read());
    }

    static Json parse(byte[] utf8) {
        return parse(new String(utf8, UTF_8));
    }

    /**
     * Makes a value of maps, lists, arrays of objects, texts, numbers, booleans, null, enums, times, URIs and UUIDs, nested at will.
     *
     * <pre>{@code
     * Json issue = Json.of(Map.of("title", "Broken link", "labels", List.of("bug")));
     * }</pre>
     *
     * @throws IllegalArgumentException for an object of another class
     */
    public static Json of(@Nullable Object object) {
        return wrap(plain(object));
    }

    private static Json wrap(@Nullable Object value) {
        return value == null ? NULL : new Json(value, true);
    }

    private static @Nullable Object plain(@Nullable Object object) {
        if (object == null
                || object instanceof Boolean
                || object instanceof BigInteger
                || object instanceof BigDecimal) {
            return object;
        }
        if (object instanceof Json json) {
            return json.value;
        }
        if (object instanceof CharSequence
                || object instanceof URI
                || object instanceof UUID
                || object instanceof TemporalAccessor) {
            return object.toString();
        }
        if (object instanceof Enum<?> constant) {
            return constant.name();
        }
        if (object instanceof Double || object instanceof Float) {
            // Not a number, and infinite ones, are refused here.
            return new BigDecimal(object.toString());
        }
        if (object instanceof Number number) {
            return number.longValue();
        }
        if (object instanceof Optional<?> optional) {
            return plain(optional.orElse(null));
        }
        if (object instanceof Map<?, ?> map) {
            Map<String, @Nullable Object> members = new LinkedHashMap<>();
            map.forEach((name, member) -> members.put(String.valueOf(name), plain(member)));
            return Collections.unmodifiableMap(members);
        }
        if (object instanceof Iterable<?> list) {
            List<@Nullable Object> items = new ArrayList<>();
            list.forEach(item -> items.add(plain(item)));
            return Collections.unmodifiableList(items);
        }
        if (object instanceof Object[] array) {
            return plain(List.of(array));
        }
        throw new IllegalArgumentException("a " + object.getClass().getName() + " has no form in JSON");
    }

    /**
     * A member of an object.
     *
     * <pre>{@code
     * boolean known = latchkey.getConnection("github", "user-42").json().get("metadata").get("plan").exists();
     * }</pre>
     *
     * @return one that does not exist, when there is no such member, or this is no object
     */
    public Json get(String name) {
        return value instanceof Map<?, ?> map && map.containsKey(name) ? wrap(map.get(name)) : MISSING;
    }

    /**
     * An item of a list, from 0.
     *
     * <pre>{@code
     * long first = Json.parse("[7, 8]").get(0).asLong();
     * }</pre>
     *
     * @return one that does not exist, past the end, or when this is no list
     */
    public Json get(int index) {
        return value instanceof List<?> list && index >= 0 && index < list.size() ? wrap(list.get(index)) : MISSING;
    }

    /**
     * Whether it is in the text, if only as null.
     *
     * <pre>{@code
     * boolean there = Json.parse("{\"a\": null}").get("a").exists();
     * }</pre>
     */
    public boolean exists() {
        return exists;
    }

    /** Neither missing nor null. */
    boolean hasValue() {
        return value != null;
    }

    boolean hasMembers() {
        return value instanceof Map<?, ?> map && !map.isEmpty();
    }

    boolean isList() {
        return value instanceof List<?>;
    }

    boolean isObject() {
        return value instanceof Map<?, ?>;
    }

    /**
     * The text, or the number or boolean as text; empty for others, for null, and where it is missing.
     *
     * <pre>{@code
     * String plan = Json.parse("{}").get("plan").text().orElse("free");
     * }</pre>
     */
    public Optional<String> text() {
        return value == null || value instanceof Map<?, ?> || value instanceof List<?>
                ? Optional.empty()
                : Optional.of(value instanceof BigDecimal number ? number.toString() : value.toString());
    }

    /**
     * As {@link #text}, where it must be there.
     *
     * <pre>{@code
     * String login = Json.parse("{\"login\": \"ada\"}").get("login").asText();
     * }</pre>
     *
     * @throws NoSuchElementException when it is missing, null, a list or an object
     */
    public String asText() {
        return text().orElseThrow(() -> new NoSuchElementException("there is no text here"));
    }

    /**
     * The whole number.
     *
     * <pre>{@code
     * long seats = Json.parse("5").asLong();
     * }</pre>
     *
     * @throws NoSuchElementException when it is none, or does not fit
     */
    public long asLong() {
        if (value instanceof Long number) {
            return number;
        }
        if (value instanceof BigDecimal number && number.scale() > -20 && number.scale() < 1_000) {
            try {
                return number.longValueExact();
            } catch (ArithmeticException e) {
                throw new NoSuchElementException("there is no whole number here");
            }
        }
        throw new NoSuchElementException("there is no whole number here");
    }

    /**
     * The number.
     *
     * <pre>{@code
     * double price = Json.parse("9.99").asDouble();
     * }</pre>
     *
     * @throws NoSuchElementException when it is none
     */
    public double asDouble() {
        if (value instanceof Number number) {
            return number.doubleValue();
        }
        throw new NoSuchElementException("there is no number here");
    }

    /**
     * The boolean.
     *
     * <pre>{@code
     * boolean open = Json.parse("true").asBoolean();
     * }</pre>
     *
     * @throws NoSuchElementException when it is none
     */
    public boolean asBoolean() {
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw new NoSuchElementException("there is no boolean here");
    }

    boolean isTrue() {
        return Boolean.TRUE.equals(value);
    }

    /**
     * The items of a list, in order; none for anything else.
     *
     * <pre>{@code
     * Json.parse("[1, 2]").items().forEach(item -> System.out.println(item.asLong()));
     * }</pre>
     */
    public List<Json> items() {
        if (!(value instanceof List<?> list)) {
            return List.of();
        }
        List<Json> items = new ArrayList<>(list.size());
        list.forEach(item -> items.add(wrap(item)));
        return Collections.unmodifiableList(items);
    }

    /**
     * The members of an object, in the order of the text; none for anything else.
     *
     * <pre>{@code
     * Json.parse("{\"a\": 1}").members().forEach((name, member) -> System.out.println(name + " " + member));
     * }</pre>
     */
    public Map<String, Json> members() {
        if (!(value instanceof Map<?, ?> map)) {
            return Map.of();
        }
        Map<String, Json> members = new LinkedHashMap<>();
        map.forEach((name, member) -> members.put((String) name, wrap(member)));
        return Collections.unmodifiableMap(members);
    }

    /**
     * The same as plain Java: {@code Map<String, Object>}, {@code List<Object>}, {@code String}, {@code Long}, {@code BigInteger},
     * {@code BigDecimal}, {@code Boolean}; null for null and for what is missing. Unmodifiable.
     *
     * <pre>{@code
     * Object plain = Json.parse("{\"a\": [1]}").toObject();
     * }</pre>
     */
    public @Nullable Object toObject() {
        return value;
    }

    /** The members as plain Java; none for anything but an object. */
    @SuppressWarnings("unchecked")
    Map<String, @Nullable Object> toMap() {
        return value instanceof Map<?, ?> ? (Map<String, @Nullable Object>) value : Map.of();
    }

    /** The text of it, without blanks; {@code null} also for what is missing. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        JsonWriter.write(value, text);
        return text.toString();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Json json && exists == json.exists && Objects.equals(value, json.value);
    }

    @Override
    public int hashCode() {
        return Objects.hash(value, exists);
    }
}
