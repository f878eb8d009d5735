package dev.latchkey.server.connectui;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.ConfigFields;
import dev.latchkey.server.connectui.FormField.Place;
import dev.latchkey.server.kinds.Kind;
import dev.latchkey.server.kinds.Kinds;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The form that a person fills in, made from the definition, and how it is submitted.
 *
 * @param path the flow's, for the input; empty if a window of the provider opens instead
 * @param connectionString whether the fields may be pasted as one
 * @param given values that no person enters but that they should see
 */
public record ConnectForm(String path, boolean connectionString, List<FormField> fields, List<Given> given) {
    /** @param value to be read and copied; absent: a secret, shown only as provided by the product */
    public record Given(String id, String title, String description, Optional<String> value) {}

    /** Database fields that are rarely needed. */
    private static final Set<String> SELDOM =
            Set.of("ca", "clientCert", "clientKey", "options", "authSource", "replicaSet", "startTls");

    /**
     * @param preset fields that the product has preset
     * @param generated values generated here, which the person needs elsewhere first
     * @param known values of an earlier authorization
     */
    public static ConnectForm of(
            Provider provider,
            Set<String> preset,
            Map<String, String> known,
            Map<String, String> generated,
            Phrases phrases) {
        Way way = way(provider.auth(), phrases);
        Map<String, FormField> fields = new LinkedHashMap<>();
        for (Field field : provider.fields().values()) {
            boolean secret = field.scope() == Field.Scope.SECRET || field.scope() == Field.Scope.ONCE;
            if (!field.isAsked() || preset.contains(field.id()) || secret && way.window()) {
                continue;
            }
            Place place = secret || way.database() ? Place.BODY : Place.QUERY;
            String value = known.getOrDefault(field.id(), field.defaultValue().orElse(""));
            boolean more = way.database() && SELDOM.contains(field.id());
            fields.put(field.id(), FormField.of(field, place, phrases, value, more));
        }
        List<FormField> shown = new ArrayList<>();
        // The address first, then the login; a definition may describe fields that the kind asks for anyway.
        fields.values().stream().filter(FormField::isQuery).forEach(shown::add);
        way.standard().forEach(standard -> {
            FormField own = fields.remove(standard.id());
            shown.add(own == null ? standard : standard.check().required() ? own.needed() : own);
        });
        fields.values().stream().filter(field -> !field.isQuery()).forEach(shown::add);
        shown.removeIf(field -> preset.contains(field.id()));
        if (!way.database()) {
            // What must be entered comes first, and has the focus: people paste at once. A database's optional port
            // belongs to its host.
            List<FormField> all = List.copyOf(shown);
            shown.sort(Comparator.comparing(field -> isOptional(field, all)));
        }
        List<Given> given = new ArrayList<>(provided(provider, preset, way, phrases));
        generated.forEach((id, value) -> Optional.ofNullable(provider.fields().get(id))
                .ifPresent(field -> given.add(new Given(
                        id,
                        phrases.title(field.label().title().orElse(id)),
                        field.label().description().orElse(""),
                        Optional.of(value)))));
        return new ConnectForm(way.path(), way.database(), List.copyOf(shown), List.copyOf(given));
    }

    /** A field that depends on another stays behind it. */
    private static boolean isOptional(FormField field, List<FormField> all) {
        return field.when()
                .flatMap(condition -> all.stream()
                        .filter(other -> other.id().equals(condition.field()))
                        .findFirst())
                .map(other -> !other.check().required())
                .orElse(!field.check().required());
    }

    private static List<Given> provided(Provider provider, Set<String> preset, Way way, Phrases phrases) {
        return preset.stream()
                .filter(name -> ConfigFields.isSecret(provider, name))
                .map(name -> new Given(
                        name,
                        Optional.ofNullable(provider.fields().get(name))
                                .flatMap(field -> field.label().title())
                                .map(phrases::title)
                                .or(() -> way.standard().stream()
                                        .filter(field -> field.id().equals(name))
                                        .map(FormField::title)
                                        .findFirst())
                                .orElse(name),
                        "",
                        Optional.empty()))
                .toList();
    }

    public boolean isWindow() {
        return path.isEmpty();
    }

    public List<FormField> main() {
        return fields.stream().filter(field -> !field.more()).toList();
    }

    public List<FormField> further() {
        return fields.stream().filter(FormField::more).toList();
    }

    private record Way(String path, boolean database, List<FormField> standard) {
        boolean window() {
            return path.isEmpty();
        }
    }

    private static Way way(Auth auth, Phrases phrases) {
        Kind kind = Kinds.of(auth);
        return new Way(
                kind.paths().stream().findFirst().orElse(""),
                kind.facts().datastore().isPresent(),
                kind.asked().stream()
                        .map(it -> FormField.standard(it.id(), phrases.title(it.title()), it.secret(), it.required()))
                        .toList());
    }

    /** The provider's page for people who connect; the product may know a better one. */
    static Optional<String> help(Provider provider, Optional<String> ofTheProduct) {
        return ofTheProduct
                .filter(url -> url.startsWith("https://") || url.startsWith("http://"))
                .or(() -> provider.about().help().map(Object::toString))
                .or(() -> Optional.of(provider.about().docs().toString()).filter(url -> url.startsWith("https://")));
    }
}
