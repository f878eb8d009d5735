package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Body;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Checks a token request against the definition's call. */
final class TokenRequest {
    private TokenRequest() {}

    static Optional<Answer> problem(Call call, LabRequest request) {
        for (Map.Entry<String, Text> header : call.headers().entrySet()) {
            Optional<String> expected = Endpoints.constant(header.getValue());
            boolean there = expected.isEmpty()
                    || request.header(header.getKey())
                            .filter(value -> value.contains(expected.get()))
                            .isPresent();
            if (!there) {
                return invalid(400, "the header " + header.getKey() + " must be " + expected.orElse(""));
            }
        }
        String expected = switch (call.body()) {
            case Body.Form form -> "application/x-www-form-urlencoded";
            case Body.Json json -> "application/json";
            case Body.Empty empty -> "";
            case Body.Xml xml -> "text/xml";
            case Body.Plain plain -> plain.contentType();
        };
        if (!expected.isEmpty() && !expected.equals(request.contentType())) {
            return invalid(415, "the body must be " + expected);
        }
        if (request.repeatsParameters()) {
            return invalid(400, "a parameter is repeated");
        }
        // RFC 6749 section 2.3.1: credentials must not be in the URL, which logs keep.
        boolean astray = !(call.body() instanceof Body.Empty)
                && request.query().keySet().stream()
                        .anyMatch(name -> !call.query().containsKey(name) && !isInTheAddress(call, name));
        return astray ? invalid(400, "parameters belong in the body, not in the URL") : Optional.empty();
    }

    private static Optional<Answer> invalid(int status, String description) {
        return Optional.of(Answer.error(status, "invalid_request", description));
    }

    /** All parameters, from where this call carries them. */
    static Map<String, String> parameters(Call call, LabRequest request) {
        Map<String, String> parameters = new LinkedHashMap<>(request.query());
        parameters.putAll(
                switch (call.body()) {
                    case Body.Form form -> request.form();
                    case Body.Json json -> request.jsonMembers();
                    case Body.Xml xml -> Map.<String, String>of();
                    case Body.Plain plain -> Map.<String, String>of();
                    case Body.Empty empty -> Map.<String, String>of();
                });
        return parameters;
    }

    /** A parameter that the definition sets to the same value in every request. */
    static Optional<String> constant(Call call, String name) {
        return Optional.ofNullable(Endpoints.members(call.body()).get(name))
                .or(() -> Optional.ofNullable(call.query().get(name)))
                .flatMap(Endpoints::constant);
    }

    /** A vendor's address may have a query of its own, such as Dropbox Sign's {@code ?refresh}. */
    private static boolean isInTheAddress(Call call, String name) {
        return call.url().alternatives().stream()
                .map(Template::source)
                .anyMatch(source -> source.matches(".*[?&]" + java.util.regex.Pattern.quote(name) + "(=.*|&.*)?"));
    }
}
