package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Secrets that went through a run, each with where it came from, and texts that must hold none of them. */
final class MarkedSecrets {
    /** Shorter ones are found by chance. */
    private static final int SHORTEST = 12;
    /** As many characters as each form of a secret has at least. */
    private static final int START = 8;
    /** How JSON names a secret, in credentials and in token responses. */
    private static final Pattern NAMED = Pattern.compile(
            "(?i).*(token|secret|password|passphrase|api_?key|private_?key|connection_string|jwt|assertion|signature|session|cookie).*");

    private static final Pattern OPEN = Pattern.compile("(?i).*(type|expires|expiry|_in|_at|scope|url|uri|_hint)");

    private final Map<String, String> secrets = new ConcurrentHashMap<>();
    private final AtomicInteger number = new AtomicInteger();

    /** @return a new secret, found wherever it goes */
    String mark(String of) {
        String mark = "MARKEDSECRET" + number.incrementAndGet() + "x" + of.replaceAll("[^A-Za-z0-9]", "");
        secrets.put(mark, of);
        return mark;
    }

    void add(String secret, String from) {
        if (secret.length() >= SHORTEST) {
            secrets.put(secret, from);
        }
    }

    void addAll(Collection<String> all, String from) {
        all.forEach(secret -> add(secret, from));
    }

    /** What credentials and token responses hold, by the names of their members. */
    void addFrom(JsonNode json, String from) {
        if (json instanceof ObjectNode object) {
            object.properties().forEach(member -> {
                String name = member.getKey();
                if (member.getValue().isString()
                        && NAMED.matcher(name).matches()
                        && !OPEN.matcher(name).matches()) {
                    member.getValue().asString().lines().forEach(line -> add(line, from + " " + name));
                } else {
                    addFrom(member.getValue(), from);
                }
            });
        } else {
            json.values().forEach(child -> addFrom(child, from));
        }
    }

    int count() {
        return secrets.size();
    }

    Map<String, String> all() {
        return Map.copyOf(secrets);
    }

    /** @param texts of the place; none at all would prove nothing @return each secret that is in one of them, and where */
    List<String> in(String place, Collection<String> texts) {
        assertThat(texts).as(place).isNotEmpty();
        String all = String.join("\n", texts);
        Map<String, List<Form>> byStart = new HashMap<>();
        secrets.forEach((secret, from) -> forms(secret)
                .forEach(form -> byStart.computeIfAbsent(form.substring(0, START), start -> new ArrayList<>())
                        .add(new Form(form, from))));
        boolean[] pairs = new boolean[1 << 16];
        byStart.keySet().forEach(start -> pairs[pair(start, 0)] = true);
        Map<String, String> found = new TreeMap<>();
        for (int at = 0; at + START <= all.length(); at++) {
            if (pairs[pair(all, at)]) {
                for (Form form : byStart.getOrDefault(all.substring(at, at + START), List.of())) {
                    if (all.startsWith(form.text(), at)) {
                        found.putIfAbsent(
                                form.from(),
                                all.substring(
                                        Math.max(0, at - 300),
                                        Math.min(all.length(), at + form.text().length() + 100)));
                    }
                }
            }
        }
        return found.entrySet().stream()
                .map(one -> place + " has the " + one.getKey() + ": ..." + one.getValue() + "...")
                .toList();
    }

    /** Two characters as a number: most places of a text begin no secret, which this says fast. */
    private static int pair(String text, int at) {
        return (text.charAt(at) * 257 + text.charAt(at + 1)) & 0xffff;
    }

    private record Form(String text, String from) {}

    /** As it is, in hexadecimal, and in base64 after any number of bytes. */
    private static List<String> forms(String secret) {
        byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
        List<String> forms = new ArrayList<>(List.of(secret, HexFormat.of().formatHex(bytes)));
        for (int before = 0; before < 3; before++) {
            byte[] shifted = new byte[before + bytes.length];
            System.arraycopy(bytes, 0, shifted, before, bytes.length);
            String encoded = Base64.getEncoder().withoutPadding().encodeToString(shifted);
            // The first and last characters also hold bits of the neighbours.
            forms.add(encoded.substring(before == 0 ? 0 : 4, encoded.length() - 2));
        }
        return forms;
    }
}
