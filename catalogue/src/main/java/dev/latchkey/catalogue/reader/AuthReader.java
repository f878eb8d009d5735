package dev.latchkey.catalogue.reader;

import com.google.re2j.Pattern;
import dev.latchkey.catalogue.datastore.DatastoreDriver;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Auth.Expiry;
import dev.latchkey.catalogue.model.Auth.RefreshPolicy;
import dev.latchkey.catalogue.model.Auth.Signature;
import dev.latchkey.catalogue.model.Body;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.ClientAuth;
import dev.latchkey.catalogue.model.TokenErrors;
import dev.latchkey.catalogue.model.TokenShape;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Patterns;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Reads the {@code auth} block: one method for each kind. */
final class AuthReader {
    private AuthReader() {}

    /** A kind that is not among them is refused, so that the schema for editors has them all. */
    private static final List<String> KINDS = List.of(
            "oauth2_code",
            "oauth2_client",
            "oauth1",
            "oauth1_static",
            "api_key",
            "basic",
            "digest",
            "none",
            "signed_token",
            "exchange",
            "app_installation",
            "aws_role",
            "mcp",
            "plugin_install",
            "datastore");

    static Auth read(Section section) {
        String kind = section.required("kind", KINDS);
        return switch (KINDS.contains(kind) ? kind : "") {
            case "oauth2_code" -> code(section);
            case "oauth2_client" -> client(section);
            case "oauth1" ->
                new Auth.OAuth1(
                        call(section, "request"),
                        authorize(section),
                        call(section, "access"),
                        signature(section),
                        section.template("realm", Template.Position.HEADER),
                        learn(section));
            case "oauth1_static" ->
                new Auth.OAuth1Static(signature(section), section.template("realm", Template.Position.HEADER));
            case "api_key" -> new Auth.ApiKey();
            case "basic" ->
                new Auth.Basic(
                        text(section, "username", "${secret.username}"),
                        text(section, "password", "${secret.password}"));
            case "digest" -> new Auth.Digest();
            case "none" -> new Auth.NoAuth();
            case "signed_token" -> signedToken(section);
            case "exchange" ->
                new Auth.Exchange(
                        section.sections("steps").stream()
                                .map(step -> new Auth.Step(
                                        step.required("id"),
                                        CallReader.read(step, Call.Method.POST),
                                        step.picks("pick")))
                                .toList(),
                        section.map("assertion", AuthReader::assertion),
                        section.map("refresh", CallReader::token),
                        token(section),
                        learnFromExchange(section),
                        expiry(section),
                        section.text("mode"));
            case "app_installation" -> installation(section);
            case "aws_role" -> role(section);
            case "mcp" ->
                new Auth.Mcp(
                        url(section, "server"),
                        Auth.Mcp.Registration.valueOf(
                                section.choice("registration", "discover", "metadata_url", "dynamic", "static")
                                        .toUpperCase(Locale.ROOT)),
                        section.map("known", AuthReader::code));
            case "plugin_install" ->
                new Auth.PluginInstall(url(section, "install"), section.texts("callback"), callbackCheck(section));
            case "datastore" ->
                new Auth.Datastore(
                        DatastoreDriver.valueOf(section.choice(
                                        "driver", "postgresql", "mysql", "mariadb", "mongodb", "redis", "sqlserver")
                                .toUpperCase(Locale.ROOT)),
                        section.texts("mechanisms"));
            default -> {
                section.problem("kind", "'" + kind + "' is no kind of authentication");
                yield new Auth.NoAuth();
            }
        };
    }

    private static Auth.OAuth2Code code(Section section) {
        Optional<Section> refresh = section.section("refresh");
        return new Auth.OAuth2Code(
                authorize(section),
                section.flag("pkce", true),
                clientAuth(section),
                call(section, "exchange"),
                refresh.filter(one -> one.has("url") || one.has("call")).map(CallReader::token),
                refresh.map(one ->
                                RefreshPolicy.valueOf(one.choice("policy", "refresh_token", "remint", "manual", "none")
                                        .toUpperCase(Locale.ROOT)))
                        .orElse(RefreshPolicy.REFRESH_TOKEN),
                section.sections("then").stream()
                        .map(one -> new Auth.Then(
                                one.required("id"),
                                CallReader.read(one, Call.Method.GET),
                                token(one),
                                one.flag("optional", false),
                                one.flag("on_refresh", false)))
                        .toList(),
                token(section),
                section.map("ok_when", CallReader::okWhen),
                extraTokens(section),
                expiry(section),
                learn(section),
                callbackCheck(section),
                section.text("issuer"),
                Auth.Grant.valueOf(section.choice("grant", "authorization_code", "client_credentials")
                        .toUpperCase(Locale.ROOT)),
                refresh.filter(one -> one.has("client_auth")).map(AuthReader::clientAuth),
                section.flag("dpop", false),
                section.map("device", device -> url(device, "url")),
                section.map("proof", AuthReader::proof),
                section.map("exchange_stored", CallReader::token));
    }

    private static Optional<Auth.CallbackCheck> callbackCheck(Section section) {
        return section.map(
                "callback_check",
                one -> new Auth.CallbackCheck(
                        one.required("hmac"),
                        one.choice("enc", "hex", "base64"),
                        text(one, "key", "${app.clientSecret}"),
                        one.required("param"),
                        one.choice("over", "sorted_query")));
    }

    private static Auth.Proof proof(Section section) {
        return new Auth.Proof(
                section.map("user", AuthReader::code),
                CallReader.read(section, Call.Method.GET),
                section.map("find", ApiReader::find));
    }

    private static Auth.OAuth2Client client(Section section) {
        return new Auth.OAuth2Client(
                clientAuth(section),
                call(section, "exchange"),
                section.map("scope", AuthReader::scopes).orElse(Auth.Scopes.NONE),
                token(section),
                section.map("ok_when", CallReader::okWhen),
                expiry(section),
                learn(section));
    }

    private static Auth.AppInstallation installation(Section section) {
        Section token = section.sectionOrEmpty("token");
        section.needs("jwt");
        return new Auth.AppInstallation(
                section.map("install", install -> url(install, "url")).orElse(new Text(List.of())),
                assertion(section.sectionOrEmpty("jwt")),
                CallReader.read(token, Call.Method.POST),
                shape(token),
                section.map("user", AuthReader::code),
                section.map("proof", AuthReader::proof));
    }

    private static Auth.SignedToken signedToken(Section section) {
        Duration lifetime = section.duration("lifetime").orElse(Duration.ofMinutes(5));
        Duration quarter = lifetime.dividedBy(4);
        Expiry expiry = expiry(section);
        return new Auth.SignedToken(
                section.required("alg"),
                text(section, "key", "${secret.privateKey}"),
                section.choice("key_encoding", "text", "hex", "base64", "pem"),
                section.templates("header", Template.Position.PLAIN),
                section.templates("claims", Template.Position.PLAIN),
                lifetime,
                // A token with a lifetime of five minutes is not due for fifteen.
                section.has("expiry") || quarter.compareTo(expiry.buffer()) >= 0 ? expiry : expiry.withBuffer(quarter));
    }

    private static Auth.AwsRole role(Section section) {
        return new Auth.AwsRole(
                section.has("sts")
                        ? url(section, "sts")
                        : section.parse("sts", "https://sts.${config.region}.amazonaws.com/", Template.Position.URL)
                                .map(Text::of)
                                .orElseThrow(),
                text(section, "role_arn", "${config.roleArn}"),
                text(section, "external_id", "${config.externalId}"),
                text(section, "region", "${config.region}"),
                text(section, "access_key_id", "${app.accessKeyId}"),
                text(section, "secret_access_key", "${app.secretAccessKey}"),
                section.duration("lifetime").orElse(Duration.ofHours(1)),
                expiry(section));
    }

    /** {@code userId: user.id}, as well as {@code config.userId: token.user.id}. */
    private static Map<String, JsonPath> learnFromExchange(Section section) {
        Map<String, JsonPath> found = new LinkedHashMap<>();
        section.pathsByName("learn")
                .forEach((name, path) -> found.put(
                        name.replaceFirst("^config\\.", ""),
                        path.text().startsWith("token.")
                                ? JsonPath.parse(path.text().substring("token.".length()))
                                : path));
        return java.util.Collections.unmodifiableMap(found);
    }

    private static Auth.Assertion assertion(Section section) {
        return new Auth.Assertion(
                Auth.Assertion.Type.valueOf(
                        section.choice("type", "jwt", "saml").toUpperCase(Locale.ROOT)),
                section.required("alg"),
                text(section, "key", "${app.privateKey}"),
                section.duration("lifetime").orElse(Duration.ofMinutes(5)),
                section.templates("header", Template.Position.PLAIN),
                section.templates("claims", Template.Position.PLAIN));
    }

    private static Auth.Authorize authorize(Section auth) {
        Section section = auth.sectionOrEmpty("authorize");
        return new Auth.Authorize(
                url(section, "url"),
                section.template("pushed", Template.Position.URL),
                section.templates("params", Template.Position.PLAIN),
                section.map("scope", AuthReader::scopes).orElse(Auth.Scopes.NONE),
                section.entries("groups"),
                section.entries("names"),
                section.text("fragment"),
                section.flag("drop_empty", true),
                section.text("code_param").orElse("code"));
    }

    private static Auth.Scopes scopes(Section section) {
        return new Auth.Scopes(
                section.text("param").orElse("scope"),
                section.text("join").orElse(" "),
                section.texts("default"),
                section.flag("raw", false),
                known(section),
                section.address("docs"),
                implied(section));
    }

    /** By the pattern of what a response lists, the scopes that are granted with it; {@code $1} is what its first group matched. */
    private static Map<Pattern, List<String>> implied(Section section) {
        Map<Pattern, List<String>> implied = new LinkedHashMap<>();
        section.section("implied")
                .ifPresent(all -> all.keys()
                        .forEach(listed -> all.guarded(listed, () -> Patterns.compile(listed, 0))
                                .ifPresent(pattern -> implied.put(pattern, all.texts(listed)))));
        return implied;
    }

    /** A list of names, or names with what each allows; a name without a description has an empty one. */
    private static List<Auth.KnownScope> known(Section section) {
        if (!section.isMap("known")) {
            return section.texts("known").stream()
                    .map(name -> new Auth.KnownScope(name, Optional.empty()))
                    .toList();
        }
        Section all = section.sectionOrEmpty("known");
        return all.keys().stream()
                .map(name -> new Auth.KnownScope(name, all.text(name).filter(text -> !text.isBlank())))
                .toList();
    }

    private static ClientAuth clientAuth(Section section) {
        if (!section.isText("client_auth") && section.has("client_auth")) {
            return section.map("client_auth", one -> {
                        if (one.has("private_key_jwt")) {
                            return new ClientAuth.PrivateKeyJwt(one.map("private_key_jwt", AuthReader::assertion)
                                    .orElseThrow());
                        }
                        Map<String, String> names = one.entries("names");
                        return (ClientAuth) new ClientAuth.InBody(
                                names.getOrDefault("id", "client_id"), names.getOrDefault("secret", "client_secret"));
                    })
                    .orElseThrow();
        }
        return switch (section.choice(
                "client_auth",
                "body",
                "basic",
                "basic_encoded",
                "secret_basic",
                "none",
                "nothing",
                "private_key_jwt")) {
            case "basic" -> new ClientAuth.Basic(false);
            case "basic_encoded" -> new ClientAuth.Basic(true);
            case "secret_basic" -> new ClientAuth.SecretBasic();
            case "none" -> new ClientAuth.None("client_id");
            case "nothing" -> new ClientAuth.None("");
            case "private_key_jwt" ->
                new ClientAuth.PrivateKeyJwt(new Auth.Assertion(
                        Auth.Assertion.Type.JWT,
                        "RS256",
                        text(section, "key", "${app.privateKey}"),
                        Duration.ofMinutes(5),
                        Map.of(),
                        Map.of()));
            default -> new ClientAuth.InBody("client_id", "client_secret");
        };
    }

    private static TokenShape token(Section section) {
        return section.map("token", AuthReader::shape).orElse(TokenShape.STANDARD);
    }

    private static TokenShape shape(Section section) {
        TokenShape standard = TokenShape.STANDARD;
        return new TokenShape(
                section.path("root"),
                section.paths("access", standard.access()),
                section.paths("refresh", standard.refresh()),
                section.paths("expires_in", standard.expiresIn()),
                section.paths("expires_at", standard.expiresAt()),
                switch (section.choice("unit", "s", "ms", "min")) {
                    case "ms" -> Duration.ofMillis(1);
                    case "min" -> Duration.ofMinutes(1);
                    default -> Duration.ofSeconds(1);
                },
                section.duration("ttl"),
                section.flag("keep_refresh", false),
                section.flag("keep_access", false),
                section.paths("refresh_expires_in", standard.refreshExpiresIn()),
                section.map(
                                "errors",
                                errors -> new TokenErrors(
                                        errors.texts("rejected"),
                                        errors.texts("transient"),
                                        errors.texts("misconfigured")))
                        .orElse(TokenErrors.NONE));
    }

    private static Map<String, Auth.ExtraToken> extraTokens(Section section) {
        Map<String, Auth.ExtraToken> found = new LinkedHashMap<>();
        section.section("extra_tokens")
                .ifPresent(all -> all.keys()
                        .forEach(name -> all.section(name).ifPresent(one -> found.put(name, extraToken(name, one)))));
        return java.util.Collections.unmodifiableMap(found);
    }

    private static Auth.ExtraToken extraToken(String name, Section one) {
        return new Auth.ExtraToken(
                one.path("from").orElse(JsonPath.parse(name)),
                one.choice("refresh", "own", "shared").equals("own"),
                one.has("url") ? Optional.of(CallReader.token(one)) : Optional.empty(),
                Auth.ExtraGrant.valueOf(one.choice("grant", "refresh_token", "client_credentials")
                        .toUpperCase(Locale.ROOT)));
    }

    private static Expiry expiry(Section section) {
        return section.map(
                        "expiry",
                        one -> new Expiry(
                                one.duration("buffer").orElse(Expiry.STANDARD.buffer()),
                                one.duration("keep_alive").orElse(Expiry.STANDARD.keepAlive()),
                                one.duration("refresh_ttl"),
                                one.map(
                                        "introspect",
                                        probe -> new Auth.Introspect(
                                                CallReader.read(probe, Call.Method.POST),
                                                probe.path("active").orElse(JsonPath.parse("active")),
                                                probe.path("exp").orElse(JsonPath.parse("exp")))),
                                one.duration("grace")))
                .orElse(Expiry.STANDARD);
    }

    /** {@code config.teamId: token.team.id}: the path without its root. */
    private static Map<String, JsonPath> learn(Section section) {
        Map<String, JsonPath> found = new LinkedHashMap<>();
        section.section("learn")
                .ifPresent(all -> all.keys().forEach(name -> {
                    String from = all.required(name);
                    if (!name.startsWith("config.") || !from.startsWith("token.")) {
                        all.problem(name, "write config.name: token.path");
                        return;
                    }
                    all.guarded(name, () -> JsonPath.parse(from.substring("token.".length())))
                            .ifPresent(path -> found.put(name.substring("config.".length()), path));
                }));
        return java.util.Collections.unmodifiableMap(found);
    }

    private static Call call(Section section, String key) {
        return section.map(key, CallReader::token).orElseGet(() -> {
            section.problem(section.line("kind"), "'" + key + "' is missing");
            return new Call(
                    Call.Method.POST, new Text(List.of()), Map.of(), Map.of(), new Body.Empty(), Optional.empty());
        });
    }

    private static Text url(Section section, String key) {
        section.needs(key);
        return section.template(key, Template.Position.URL).orElse(new Text(List.of()));
    }

    private static Text text(Section section, String key, String absent) {
        if (!section.has(key)) {
            return section.parse(key, absent, Template.Position.PLAIN)
                    .map(Text::of)
                    .orElseThrow();
        }
        return section.template(key, Template.Position.PLAIN).orElse(new Text(List.of()));
    }

    private static Signature signature(Section section) {
        return switch (section.choice("signature", "HMAC-SHA1", "HMAC-SHA256", "RSA-SHA1", "PLAINTEXT")) {
            case "HMAC-SHA256" -> Signature.HMAC_SHA256;
            case "RSA-SHA1" -> Signature.RSA_SHA1;
            case "PLAINTEXT" -> Signature.PLAINTEXT;
            default -> Signature.HMAC_SHA1;
        };
    }
}
