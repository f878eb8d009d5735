package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.TypedValue;
import dev.latchkey.catalogue.template.Template;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Tries whether what is typed into a field can lead an address to a host that is not the vendor's. A pattern cannot be read by a
 * program for what it means, so that hosts which no vendor has are typed into it, and hosts that differ from the field's example in
 * the ways that unanchored patterns and forgotten dots let through.
 */
final class ForeignHosts {
    /** What is typed, and the host that it tries to reach. */
    private record Attempt(String typed, String host) {}

    private ForeignHosts() {}

    /** A foreign host that the address can lead to by this field. */
    static Optional<String> reachedBy(Field field, Template address) {
        return attempts(field)
                .filter(attempt -> accepted(field, attempt.typed())
                        .flatMap(value -> host(address, field, value))
                        .filter(host -> host.equals(attempt.host()) || host.endsWith("." + attempt.host()))
                        .isPresent())
                .map(Attempt::host)
                .findFirst();
    }

    private static Stream<Attempt> attempts(Field field) {
        Stream<Attempt> plain = Stream.of(
                        "evil.example", "evil.com", "evil.io", "evil.co.uk", "evil.example.net", "evil")
                .flatMap(host -> Stream.of("", "https://", "a@")
                        .flatMap(before -> Stream.of("", "/", "/x", "?", "#", ":443")
                                .map(behind -> new Attempt(before + host + behind, host))));
        return Stream.concat(plain, field.label().example().stream().flatMap(ForeignHosts::around));
    }

    /** Of {@code acme.vendor.com}: {@code evilvendor.com}, {@code acme.vendor.com.evil.example}, {@code evil.example/acme.vendor.com}. */
    private static Stream<Attempt> around(String example) {
        String scheme = example.startsWith("https://") ? "https://" : "";
        String host = example.substring(scheme.length());
        Stream<Attempt> mixed = Stream.of(
                new Attempt(example + ".evil.example", "evil.example"),
                new Attempt(scheme + "evil.example/" + host, "evil.example"),
                new Attempt(scheme + "evil.example?" + host, "evil.example"),
                new Attempt(scheme + "evil.example#" + host, "evil.example"),
                new Attempt(example + "@evil.example", "evil.example"),
                new Attempt(example + "\nevil.example", "evil.example"));
        List<String> labels = List.of(host.split("\\."));
        // Of co.uk and com.au the label before it is part of what is registered.
        int registered = labels.size() > 1 && labels.get(labels.size() - 2).length() <= 3 ? 3 : 2;
        if (labels.size() <= registered) {
            return mixed;
        }
        String own = "evil" + String.join(".", labels.subList(labels.size() - registered, labels.size()));
        return Stream.concat(mixed, Stream.of(new Attempt(scheme + own, own)));
    }

    private static Optional<String> accepted(Field field, String typed) {
        TypedValue value = TypedValue.of(field, typed);
        return value.problem().isEmpty() ? Optional.of(value.value()) : Optional.empty();
    }

    private static Optional<String> host(Template address, Field field, String value) {
        try {
            return address.expand(reference -> Optional.of(reference.path().contains(field.id()) ? value : "x"))
                    .map(made -> URI.create(made).getHost());
        } catch (IllegalArgumentException ignored) {
            // What cannot be placed in the address is sent nowhere.
            return Optional.empty();
        }
    }
}
