package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.model.Webhook;
import dev.latchkey.catalogue.model.Webhook.Verify.KeySource;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Reads the {@code webhook} section. Its templates speak of a request, not of a connection: their references are not fields. */
final class WebhookReader {
    /** {@code body.a.b}, {@code header.x-a}, {@code query.a}, and {@code json(body.a).b}: within a text that is JSON, or its base64. */
    private static final String PLACE =
            "(json\\(body\\.[\\w.\\[\\]-]+\\)\\.[\\w.\\[\\]-]+|(body|header|query)\\.[\\w.\\[\\]-]+)";

    private WebhookReader() {}

    static Webhook read(Section section) {
        if (!section.has("verify")) {
            section.problem(
                    section.line("verify"), "'verify' is missing; where the vendor has nothing, write verify: none");
        }
        Webhook.Verify verify = section.isText("verify")
                ? plain(section)
                : section.map("verify", WebhookReader::verify).orElse(new Webhook.Verify.None());
        Optional<String> secret = section.text("secret");
        if (verify.needsSecret() && secret.isEmpty()) {
            section.problem(section.line("secret"), "'secret' is missing, as in app.webhookSecret");
        }
        secret.filter(path -> !path.matches("(app|secret|config|metadata)\\.\\w+"))
                .ifPresent(path -> section.problem("secret", "'" + path + "' is no secret, as app.webhookSecret is"));
        return new Webhook(
                new Webhook.Setup(
                        section.text("docs").flatMap(url -> section.guarded("docs", () -> URI.create(url))),
                        section.texts("steps"),
                        section.section("checked").flatMap(CheckedReader::read)),
                secret,
                challenges(section),
                verify,
                section.texts("split").stream()
                        .map(path -> place(section, "split", path))
                        .toList(),
                place(section, "type"),
                place(section, "id"),
                section.map("match", WebhookReader::match).orElse(Map.of()),
                section.map("approval", WebhookReader::approval),
                acknowledgement(section));
    }

    private static Webhook.Acknowledgement acknowledgement(Section section) {
        return new Webhook.Acknowledgement(
                Integer.parseInt(section.choice("accepted", "200", "204")),
                section.map(
                        "answer",
                        one -> new Webhook.Body(
                                one.choice("type", "text/plain", "text/xml", "application/json"),
                                one.required("text"))));
    }

    private static Webhook.Approval approval(Section section) {
        Section when = section.sectionOrEmpty("when");
        Map<String, String> equals = new LinkedHashMap<>();
        when.keys().forEach(key -> equals.put(key, when.required(key)));
        if (equals.isEmpty()) {
            section.problem(section.line("when"), "'when' must say what marks an approval");
        }
        Map<String, List<String>> match =
                section.map("match", WebhookReader::match).orElse(Map.of());
        if (match.isEmpty()) {
            section.problem(section.line("match"), "'match' must say which waiting connections it is for");
        }
        return new Webhook.Approval(
                Map.copyOf(equals), place(section, "installation").orElse("body.installation.id"), match);
    }

    private static Webhook.Verify plain(Section section) {
        return switch (section.choice("verify", "none", "standard", "basic")) {
            case "basic" -> new Webhook.Verify.HttpBasic();
            case "standard" -> new Webhook.Verify.Standard(java.time.Duration.ofMinutes(5));
            default -> new Webhook.Verify.None();
        };
    }

    private static Webhook.Verify verify(Section section) {
        if (section.has("equals")) {
            return new Webhook.Verify.Equality(place(section, "equals").orElse(""));
        }
        if (section.has("jwt")) {
            return token(section);
        }
        String signature = section.has("header")
                ? "header." + section.required("header")
                : place(section, "signature").orElseGet(() -> {
                    section.problem(section.line("header"), "'header' is missing");
                    return "";
                });
        Text over = over(section);
        String encoding = section.choice("enc", "hex", "base64", "base64url");
        Optional<Webhook.Verify.Freshness> freshness = freshness(section);
        Optional<KeySource> source = KeySourceReader.read(section, true);
        if (source.isPresent()) {
            return new Webhook.Verify.PublicKey(
                    Webhook.Verify.PublicKey.Algorithm.valueOf(
                            section.choice("alg", "rsa_sha256", "rsa_sha512", "ecdsa_sha256", "ed25519")
                                    .toUpperCase(Locale.ROOT)),
                    source.get(),
                    encoding,
                    signature,
                    over,
                    freshness);
        }
        boolean hash = section.has("hash");
        String algorithm = section.choice(hash ? "hash" : "hmac", "sha256", "sha1", "sha512");
        if (!hash && !section.has("hmac")) {
            section.problem(
                    section.line("hmac"),
                    "write hmac, hash, equals, jwt, public_key, key_set, named_key or certificate");
        }
        return new Webhook.Verify.Signature(
                hash ? Webhook.Verify.Kind.HASH : Webhook.Verify.Kind.HMAC,
                algorithm,
                encoding,
                signature,
                section.text("prefix"),
                section.text("field"),
                over,
                freshness,
                Webhook.Verify.KeyForm.valueOf(
                        section.choice("key", "text", "base64", "hex", "sha256").toUpperCase(Locale.ROOT)));
    }

    private static Webhook.Verify token(Section section) {
        Webhook.Verify.Token.Algorithm algorithm = Webhook.Verify.Token.Algorithm.valueOf(
                section.choice("alg", "hs256", "rs256", "es256").toUpperCase(Locale.ROOT));
        Optional<KeySource> key = KeySourceReader.read(section, false);
        if (key.isPresent() == (algorithm == Webhook.Verify.Token.Algorithm.HS256)) {
            section.problem(
                    section.line("alg"),
                    "alg: hs256 signs with the secret; rs256 and es256 need public_key, key_set, named_key or certificate");
        }
        return new Webhook.Verify.Token(
                place(section, "jwt").orElse(""),
                algorithm,
                key,
                templates(section.sectionOrEmpty("claims")),
                section.duration("max_age"));
    }

    private static Optional<Webhook.Verify.Freshness> freshness(Section section) {
        return section.duration("max_age").flatMap(age -> {
            if (!section.has("time")) {
                section.problem("max_age", "max_age needs 'time', as in header.x-timestamp");
            }
            return section.text("time")
                    .flatMap(path -> template(section, "time", "${" + path + "}"))
                    .map(time -> new Webhook.Verify.Freshness(time, section.choice("unit", "s", "ms", "iso"), age));
        });
    }

    private static Map<String, Text> templates(Section section) {
        Map<String, Text> found = new LinkedHashMap<>();
        for (String name : section.keys()) {
            List<Template> ways = section.texts(name).stream()
                    .flatMap(way -> template(section, name, way).stream())
                    .flatMap(text -> text.alternatives().stream())
                    .toList();
            found.put(name, new Text(ways));
        }
        return Map.copyOf(found);
    }

    /** {@code body} alone is the whole raw body. */
    private static Text over(Section section) {
        String source = section.required("over");
        return template(section, "over", source.equals("body") ? "${body}" : source)
                .orElse(new Text(List.of()));
    }

    private static Optional<Text> template(Section section, String key, String source) {
        return section.guarded(key, () -> Text.of(Template.parse(source, Template.Position.PLAIN)));
    }

    private static List<Webhook.Challenge> challenges(Section section) {
        if (section.isList("challenge")) {
            return section.sections("challenge").stream()
                    .map(WebhookReader::challenge)
                    .toList();
        }
        return section.map("challenge", WebhookReader::challenge).map(List::of).orElse(List.of());
    }

    private static Webhook.Challenge challenge(Section section) {
        Section when = section.sectionOrEmpty("when");
        Optional<String> has = when.text("has");
        Map<String, String> equals = new LinkedHashMap<>();
        when.keys().stream().filter(key -> !key.equals("has")).forEach(key -> equals.put(key, when.required(key)));
        if (has.isEmpty() && equals.isEmpty()) {
            section.problem(section.line("when"), "'when' must say what marks a challenge");
        }
        Webhook.Reply reply = new Webhook.Reply.Nothing();
        if (section.has("json")) {
            reply = new Webhook.Reply.Json(templates(section.sectionOrEmpty("json")));
        } else if (section.has("headers")) {
            reply = new Webhook.Reply.Headers(templates(section.sectionOrEmpty("headers")));
        } else if (section.has("reply")) {
            String source = section.required("reply");
            reply = template(section, "reply", source.contains("${") ? source : "${" + source + "}")
                    .<Webhook.Reply>map(Webhook.Reply.Plain::new)
                    .orElse(reply);
        }
        boolean signed = section.flag("signed", false);
        Optional<String> nonce = place(section, "nonce");
        if (!signed && usesKey(reply) && !signsOnly(reply, nonce)) {
            // Otherwise a caller could have anything signed with the secret.
            section.problem(
                    section.line("when"),
                    "a reply made with the secret needs signed: true, or nonce: the only value that it signs");
        }
        return new Webhook.Challenge(Map.copyOf(equals), has, signed, nonce, reply);
    }

    private static boolean usesKey(Webhook.Reply reply) {
        return templates(reply)
                .flatMap(template -> template.references().stream())
                .anyMatch(reference -> reference.root().equals("key"));
    }

    /** Whether the key occurs as that of an HMAC of the nonce, and nowhere else. */
    private static boolean signsOnly(Webhook.Reply reply, Optional<String> nonce) {
        return nonce.isPresent()
                && templates(reply)
                        .map(template -> template.source()
                                .replaceAll(
                                        "hmac\\('\\w+', *key, *" + Pattern.quote(nonce.get()) + ", *'\\w+'\\)", "''"))
                        .noneMatch(rest -> rest.matches("(?s).*\\bkey\\b.*"));
    }

    private static Stream<Template> templates(Webhook.Reply reply) {
        return reply.texts().flatMap(text -> text.alternatives().stream());
    }

    private static Map<String, List<String>> match(Section section) {
        Map<String, List<String>> found = new LinkedHashMap<>();
        for (String key : section.keys()) {
            if (!key.matches("connection|(config|metadata)\\.[\\w.]+")) {
                section.problem(key, "'" + key + "' is nothing to match by; write config.x, metadata.x or connection");
            }
            List<String> paths = new ArrayList<>(section.texts(key));
            paths.stream()
                    .filter(path -> !path.matches("" + PLACE + "|(label|last)\\(" + PLACE + "\\)"))
                    .forEach(path -> section.problem(key, "'" + path + "' is no place in a request"));
            found.put(key, List.copyOf(paths));
        }
        return Map.copyOf(found);
    }

    private static Optional<String> place(Section section, String key) {
        return section.text(key).map(path -> place(section, key, path));
    }

    static String place(Section section, String key, String path) {
        if (!path.matches("body|" + PLACE)) {
            section.problem(key, "'" + path + "' is no place in a request, as body.type and header.x-event are");
        }
        return path;
    }
}
