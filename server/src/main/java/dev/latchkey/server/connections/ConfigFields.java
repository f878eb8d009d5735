package dev.latchkey.server.connections;

import dev.latchkey.catalogue.Field;
import dev.latchkey.catalogue.Provider;
import dev.latchkey.server.operations.Json;
import dev.latchkey.server.vault.Secret;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ObjectNode;

/** Holds what a person typed against the definition's fields, and splits the secret from the rest. */
public final class ConfigFields {
    private static final Pattern LABEL = Pattern.compile("[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?");

    private ConfigFields() {}

    public record Problem(String field, String message) {}

    /** @param config what is stored openly, secrets what is encrypted */
    public record Accepted(ObjectNode config, Map<String, Secret> secrets, List<Problem> problems) {}

    /**
     * @param typed values by field; values of no known field are kept as they are
     * @param complete whether a required field that is missing is a problem
     */
    public static Accepted accept(Provider provider, Map<String, String> typed, boolean complete) {
        ObjectNode config = Json.MAPPER.createObjectNode();
        Map<String, Secret> secrets = new HashMap<>();
        List<Problem> problems = new ArrayList<>();
        typed.forEach((name, value) -> {
            Field field = provider.fields().get(name);
            if (field == null) {
                config.put(name, value);
                return;
            }
            if (value.isBlank()) {
                return;
            }
            String cut = cut(field, value.strip());
            wrong(field, cut).ifPresent(message -> problems.add(new Problem(name, message)));
            if (field.scope() == Field.Scope.SECRET) {
                secrets.put(name, new Secret(cut));
            } else if (field.scope() == Field.Scope.CONNECTION) {
                config.put(name, cut);
            }
        });
        for (Field field : provider.fields().values()) {
            boolean there = config.has(field.id()) || secrets.containsKey(field.id());
            if (field.scope() == Field.Scope.CONNECTION && !there) {
                field.fixed().or(field::defaultValue).ifPresent(value -> config.put(field.id(), value));
                if (complete && field.isAsked() && field.required() && !config.has(field.id())) {
                    problems.add(new Problem(field.id(), field.title().orElse(field.id()) + " is missing"));
                }
            }
        }
        return new Accepted(config, secrets, problems);
    }

    /** People paste whole addresses where a name is asked. */
    private static String cut(Field field, String value) {
        String text = value;
        if (field.type() == Field.Type.HOST_LABEL || field.type() == Field.Type.HOSTNAME) {
            text = text.replaceFirst("^(?i)https?://", "").replaceFirst("/+$", "");
        }
        String suffix = field.suffix().orElse("");
        if (!suffix.isEmpty() && text.endsWith(suffix)) {
            text = text.substring(0, text.length() - suffix.length());
        }
        return text;
    }

    private static Optional<String> wrong(Field field, String value) {
        if (!field.choices().isEmpty() && !field.choices().contains(value)) {
            return Optional.of("must be one of " + String.join(", ", field.choices()));
        }
        if (field.check().filter(pattern -> !pattern.matcher(value).find()).isPresent()) {
            return Optional.of("does not look right"
                    + field.description().map(text -> ". " + text).orElse(""));
        }
        if (value.length() > 4096 && field.type() != Field.Type.PEM) {
            return Optional.of("is too long");
        }
        boolean fits = switch (field.type()) {
            case TEXT, PEM -> value.chars().noneMatch(c -> c == 0);
            case HOST_LABEL -> LABEL.matcher(value).matches();
            case HOSTNAME ->
                value.length() <= 253
                        && List.of(value.split("\\.", -1)).stream()
                                .allMatch(part -> LABEL.matcher(part).matches());
            case URI -> isAddress(value);
            case INTEGER -> value.matches("\\d{1,18}");
            case BOOLEAN -> value.equals("true") || value.equals("false");
            case EMAIL -> value.matches("[^@\\s]+@[^@\\s]+\\.[^@\\s]+");
        };
        return fits
                ? Optional.empty()
                : Optional.of(
                        switch (field.type()) {
                            case TEXT, PEM -> "must be a text";
                            case HOST_LABEL -> "must be one part of a host name: letters, digits and hyphens";
                            case HOSTNAME -> "must be a host name such as acme.example.com";
                            case URI -> "must be an address such as https://example.com";
                            case INTEGER -> "must be a number";
                            case BOOLEAN -> "must be true or false";
                            case EMAIL -> "must be an e-mail address";
                        });
    }

    private static boolean isAddress(String value) {
        try {
            URI uri = URI.create(value);
            return "https".equals(uri.getScheme()) && uri.getHost() != null && uri.getRawUserInfo() == null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
