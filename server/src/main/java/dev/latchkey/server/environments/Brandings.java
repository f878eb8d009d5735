package dev.latchkey.server.environments;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.environments.Branding.LogoFile;
import dev.latchkey.server.environments.Branding.Scheme;
import dev.latchkey.server.environments.Branding.Texts;
import dev.latchkey.server.environments.Branding.Theme;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.SharedLookup;
import dev.latchkey.server.vault.Hash;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The look of each environment's pages. Thread-safe; a change is seen by other nodes within five seconds. */
public final class Brandings {
    private final Database database;
    private final AuditLog audit;
    private final SharedLookup<UUID, Branding> known = new SharedLookup<>(1_000, this::read);

    public Brandings(Database database, AuditLog audit) {
        this.audit = audit;
        this.database = database;
    }

    /** The content at a logo's URL. */
    public record Served(String mediaType, byte[] content) {}

    public Branding of(UUID environment) {
        return known.find(environment).orElse(Branding.OURS);
    }

    private Optional<Branding> read(UUID environment) {
        return database.promptly(handle -> read(handle, environment));
    }

    /**
     * Stores the look, with the logos that are named: absent takes one away, and those that are not named stay.
     *
     * @throws dev.latchkey.server.access.ForbiddenException without the right
     */
    public void update(Actor actor, UUID environment, Branding changed, Map<Scheme, Optional<Logo>> logos) {
        actor.require(environment, "environment:settings:update");
        database.inTransaction(handle -> {
            logos.forEach((scheme, logo) -> setLogo(handle, environment, scheme, logo));
            handle.createUpdate("UPDATE environments SET branding = CAST(:branding AS jsonb) WHERE id = :id")
                    .bind("branding", write(changed).toString())
                    .bind("id", environment)
                    .execute();
            audit.note(
                    handle,
                    actor,
                    environment,
                    "changed the Connect UI's look",
                    changed.productName().orElse(""),
                    Map.of());
            return true;
        });
        known.forget(environment);
    }

    /** What {@link #update} would store; nothing is kept. */
    public Branding rehearse(Actor actor, UUID environment, Branding changed, Map<Scheme, Optional<Logo>> logos) {
        actor.require(environment, "environment:settings:update");
        Map<Scheme, LogoFile> after = new EnumMap<>(Scheme.class);
        after.putAll(changed.logos());
        logos.forEach((scheme, logo) ->
                logo.ifPresentOrElse(it -> after.put(scheme, new LogoFile(fileName(it))), () -> after.remove(scheme)));
        return changed.withLogos(after);
    }

    private static void setLogo(Handle handle, UUID environment, Scheme scheme, Optional<Logo> logo) {
        handle.createUpdate("DELETE FROM brand_logos WHERE environment_id = :id AND scheme = :scheme")
                .bind("id", environment)
                .bind("scheme", name(scheme))
                .execute();
        logo.ifPresent(it -> handle.createUpdate("""
                        INSERT INTO brand_logos (environment_id, scheme, media_type, content, hash)
                        VALUES (:id, :scheme, :type, :content, :hash)""")
                .bind("id", environment)
                .bind("scheme", name(scheme))
                .bind("type", it.type().mediaType())
                .bind("content", it.content())
                .bind("hash", fileName(it))
                .execute());
    }

    /** By the last step of its address. */
    public Optional<Served> logo(UUID environment, String file) {
        return database.withHandle(handle -> handle.createQuery(
                        "SELECT media_type, content FROM brand_logos WHERE environment_id = :id AND hash = :file LIMIT 1")
                .bind("id", environment)
                .bind("file", file)
                .map((row, context) -> new Served(row.getString(1), row.getBytes(2)))
                .findOne());
    }

    private static String fileName(Logo logo) {
        byte[] hash = Hash.of(new String(logo.content(), StandardCharsets.ISO_8859_1));
        return HexFormat.of().formatHex(hash, 0, 8) + "." + logo.type().ending();
    }

    private static String name(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static Optional<Branding> read(Handle handle, UUID environment) {
        Map<Scheme, LogoFile> logos = new EnumMap<>(Scheme.class);
        handle.createQuery("SELECT scheme, hash FROM brand_logos WHERE environment_id = :id ORDER BY scheme DESC")
                .bind("id", environment)
                .map((row, context) -> Map.entry(row.getString(1), new LogoFile(row.getString(2))))
                .forEach(entry -> named(Scheme.class, entry.getKey()).ifPresent(it -> logos.put(it, entry.getValue())));
        return handle.createQuery("SELECT branding FROM environments WHERE id = :id")
                .bind("id", environment)
                .map((row, context) -> read(Json.MAPPER.readTree(row.getString(1)), logos))
                .findOne();
    }

    /** Empty for an unknown value of another version: our own look then applies. */
    private static <E extends Enum<E>> Optional<E> named(Class<E> all, String word) {
        return Arrays.stream(all.getEnumConstants())
                .filter(one -> name(one).equals(word.toLowerCase(Locale.ROOT)))
                .findFirst();
    }

    private static Branding read(JsonNode json, Map<Scheme, LogoFile> logos) {
        Map<String, Texts> texts = new LinkedHashMap<>();
        json.path("texts")
                .properties()
                .forEach(entry -> texts.put(
                        entry.getKey(),
                        new Texts(
                                text(entry.getValue(), "title"),
                                text(entry.getValue(), "intro"),
                                text(entry.getValue(), "done"))));
        return new Branding(
                text(json, "product_name"),
                text(json, "theme").flatMap(it -> named(Theme.class, it)).orElse(Theme.SYSTEM),
                text(json, "light_color").flatMap(Color::parse).orElse(Branding.OURS.lightColor()),
                text(json, "dark_color").flatMap(Color::parse).orElse(Branding.OURS.darkColor()),
                json.path("watermark").asBoolean(true),
                Map.copyOf(texts),
                Map.copyOf(logos));
    }

    private static ObjectNode write(Branding branding) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        branding.productName().ifPresent(name -> json.put("product_name", name));
        json.put("theme", name(branding.theme()))
                .put("light_color", branding.lightColor().hex())
                .put("dark_color", branding.darkColor().hex())
                .put("watermark", branding.watermark());
        ObjectNode all = json.putObject("texts");
        branding.texts().forEach((language, texts) -> {
            ObjectNode one = all.putObject(language);
            texts.title().ifPresent(text -> one.put("title", text));
            texts.intro().ifPresent(text -> one.put("intro", text));
            texts.done().ifPresent(text -> one.put("done", text));
        });
        return json;
    }

    private static Optional<String> text(JsonNode json, String name) {
        return Optional.ofNullable(json.get(name)).filter(JsonNode::isString).map(JsonNode::asString);
    }
}
