package dev.latchkey.lab;

import dev.latchkey.catalogue.model.AfterConnect;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Text;
import java.nio.charset.StandardCharsets;
import java.security.Key;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import javax.crypto.spec.SecretKeySpec;
import tools.jackson.databind.node.ObjectNode;

/** The vendor's API: given a valid credential, placed as the definition says, it returns whose account it is. */
final class ResourceApi {
    private final Provider provider;
    private final Grants grants;
    private final SentValues sent;
    private final SampleValues samples;
    private final Belongings belongings;
    private final LabAccount account;
    private final OAuth1Vendor oauth1;
    private final RoleVendor roles;
    private final DigestCheck digest;
    private final InstantSource clock;

    ResourceApi(
            Provider provider,
            Grants grants,
            SentValues sent,
            LabAccount account,
            OAuth1Vendor oauth1,
            RoleVendor roles,
            InstantSource clock) {
        this.account = account;
        this.oauth1 = oauth1;
        this.roles = roles;
        this.clock = clock;
        this.provider = provider;
        this.grants = grants;
        this.sent = sent;
        this.samples = new SampleValues(provider);
        this.belongings = new Belongings(provider);
        this.digest = new DigestCheck(provider, account, clock);
    }

    private record Caller(TestUser user, String scope) {}

    Answer account(LabRequest request, Map<String, String> captured, int status) {
        return account(request, captured, status, Optional.empty());
    }

    /** As {@link #account}, with what the definition's probe looks for. */
    Answer probed(LabRequest request, Endpoint.Probe probe) {
        int status = probe.call()
                .okWhen()
                .map(Call.OkWhen::statuses)
                .filter(statuses -> !statuses.isEmpty())
                .map(List::getFirst)
                .orElse(probe.status());
        return account(request, probe.captured(), status, probe.call().okWhen());
    }

    private Answer account(LabRequest request, Map<String, String> captured, int status, Optional<Call.OkWhen> okWhen) {
        return caller(request, captured)
                .map(caller -> {
                    ObjectNode account = JsonTree.NODES.objectNode();
                    account.put("id", caller.user().id());
                    account.put("name", caller.user().name());
                    account.put("email", caller.user().email());
                    account.put("provider", provider.id());
                    account.put("scope", caller.scope());
                    JsonTree tree = new JsonTree();
                    okWhen.ifPresent(rule -> TokenAnswer.succeed(tree, rule));
                    if (tree.root() instanceof ObjectNode object) {
                        object.properties().forEach(member -> account.set(member.getKey(), member.getValue()));
                    }
                    return Answer.json(status, account);
                })
                .orElseGet(() -> unauthorized(request));
    }

    /** RFC 6750 section 3.1, or the challenge of RFC 7616. */
    private Answer unauthorized(LabRequest request) {
        return Answer.error(401, "invalid_token", "The credential is missing, wrong, expired or revoked.")
                .with("www-authenticate", digest.challenge(request).orElse("Bearer error=\"invalid_token\""));
    }

    /** A response in which the definition's step finds the values that it picks. */
    Answer learning(Endpoint.Learning endpoint, LabRequest request) {
        Optional<Caller> caller = caller(request, endpoint.captured());
        if (caller.isEmpty()) {
            return unauthorized(request);
        }
        AfterConnect step = endpoint.step();
        JsonTree picked = new JsonTree();
        // Where a definition learns from the account's own address, that returns whose account it is as well.
        if (step.find().isEmpty() && request.location().endsWith("/me")) {
            picked.put(
                    JsonPath.parse("name"),
                    JsonTree.NODES.stringNode(caller.get().user().name()));
        }
        step.pick()
                .forEach((name, pick) -> Picked.by(pick)
                        .ifPresent(path -> picked.put(
                                path,
                                samples.of(
                                        name.replaceFirst("^config\\.", ""),
                                        caller.get().user(),
                                        request.host()))));
        step.call().flatMap(Call::okWhen).ifPresent(rule -> TokenAnswer.succeed(picked, rule));
        if (step.find().isEmpty()) {
            return Answer.json(200, picked.root());
        }
        for (AfterConnect.Rule rule : step.find().get().firstOf()) {
            if (rule instanceof AfterConnect.Rule.Compare compare
                    && compare.path().in(picked.root()).isEmpty()) {
                picked.put(compare.path(), JsonTree.NODES.stringNode("acme"));
            }
        }
        JsonTree tree = new JsonTree();
        tree.put(step.find().get().in(), JsonTree.NODES.arrayNode().add(picked.root()));
        return Answer.json(200, tree.root());
    }

    private Optional<Caller> caller(LabRequest request, Map<String, String> captured) {
        return switch (provider.api().sign()) {
            case NONE -> unsigned(request, captured);
            case OAUTH1 ->
                provider.auth() instanceof Auth.OAuth1Static fixed
                        ? first(oauth1.isAccountHolder(request, fixed))
                        : oauth1.holder(request).map(ResourceApi::caller);
            case SIGV4 -> first(roles.isSigned(request));
            case DUO ->
                first(SignatureCheck.duo(
                        request, account.value("username"), account.value("password"), clock.instant()));
            case WSSE ->
                first(SignatureCheck.wsse(
                        request.header("x-wsse").orElse(""),
                        account.value("username"),
                        account.value("password"),
                        clock.instant()));
            case HTTP_SIGNATURE -> first(SignatureCheck.message(request, provider, account, clock.instant()));
        };
    }

    private static Optional<Caller> first(boolean proven) {
        return proven ? Optional.of(new Caller(TestUser.first(), "")) : Optional.empty();
    }

    private static Caller caller(LabTokens.Claims claims) {
        return new Caller(claims.consent().user(), claims.consent().scope());
    }

    private Optional<Caller> unsigned(LabRequest request, Map<String, String> captured) {
        return switch (provider.auth()) {
            case Auth.OAuth2Code code -> holder(request, captured);
            case Auth.OAuth2Client client -> holder(request, captured);
            case Auth.Exchange exchange -> holder(request, captured);
            case Auth.AppInstallation app -> holder(request, captured);
            case Auth.SignedToken token -> signed(token, request, captured);
            case Auth.ApiKey key -> key(request, captured);
            case Auth.Basic basic -> basic(request);
            case Auth.Digest it -> first(digest.isAccountHolder(request));
            case Auth.NoAuth none -> Optional.of(new Caller(TestUser.first(), ""));
            // A token is valid only for the server that it was requested for (RFC 8707).
            case Auth.Mcp mcp ->
                token(request, captured)
                        .flatMap(grants::live)
                        .filter(claims -> claims.consent().host().equals(request.host()))
                        .map(ResourceApi::caller);
            // The plug-in's own credentials, wherever the definition puts them.
            case Auth.PluginInstall plugin ->
                placed("app", request, captured).flatMap(values -> first(declares("app")));
            case Auth.OAuth1 _, Auth.OAuth1Static _, Auth.AwsRole _, Auth.Datastore _ -> Optional.empty();
        };
    }

    /** A token that the account's own key signed. */
    private Optional<Caller> signed(Auth.SignedToken token, LabRequest request, Map<String, String> captured) {
        String sent = token(request, captured).orElse("");
        if (token.algorithm().equals("WSSE")) {
            return first(
                    SignatureCheck.wsse(sent, account.value("username"), account.value("password"), clock.instant()));
        }
        Map<String, String> claims = new LinkedHashMap<>();
        token.claims().forEach((name, text) -> Endpoints.constant(text).ifPresent(value -> claims.put(name, value)));
        return first(JwtCheck.problem(sent, token.algorithm(), key(token), claims, token.lifetime(), clock.instant())
                .isEmpty());
    }

    private Key key(Auth.SignedToken token) {
        if (!token.algorithm().startsWith("HS")) {
            return LabKeys.of(provider.id(), "account", token.algorithm()).getPublic();
        }
        String secret = SignatureCheck.expand(token.key(), account);
        byte[] bytes = switch (token.keyEncoding()) {
            case "hex" -> HexFormat.of().parseHex(secret);
            case "base64" -> Base64.getDecoder().decode(secret);
            default -> secret.getBytes(StandardCharsets.UTF_8);
        };
        return new SecretKeySpec(bytes, "HmacSHA" + token.algorithm().substring(2));
    }

    private Optional<Caller> holder(LabRequest request, Map<String, String> captured) {
        return token(request, captured)
                .flatMap(grants::live)
                .filter(claims -> !belongings.areOthers(captured, claims.consent()))
                .map(ResourceApi::caller);
    }

    /** RFC 6750 section 2.1, where the definition names no place of its own. */
    private Optional<String> token(LabRequest request, Map<String, String> captured) {
        return declares("token")
                ? placed("token", request, captured).map(values -> values.getOrDefault("token.access", ""))
                : request.header("authorization")
                        // Some vendors still accept the scheme's name from before RFC 6750.
                        .filter(header -> header.matches("(?i)(Bearer|OAuth|DPoP) .+"))
                        .map(header -> header.substring(header.indexOf(' ')).strip());
    }

    private Optional<Caller> key(LabRequest request, Map<String, String> captured) {
        Optional<List<String>> keys = declares("secret")
                ? placed("secret", request, captured)
                        .map(values -> values.entrySet().stream()
                                .filter(value -> value.getKey().startsWith("secret."))
                                .map(Map.Entry::getValue)
                                .toList())
                : request.header("authorization").map(List::of);
        return keys.filter(found -> !found.isEmpty() && found.stream().allMatch(SampleValues::accepts))
                .map(found -> new Caller(TestUser.first(), ""));
    }

    /** RFC 7617; one of the two may be empty, where the vendor takes a key as the user or as the password. */
    private static Optional<Caller> basic(LabRequest request) {
        return request.basic()
                .filter(pair -> SampleValues.accepts(pair.user() + pair.password()))
                .map(pair -> new Caller(TestUser.first(), ""));
    }

    private Stream<Text> places() {
        return Stream.of(
                        provider.api().base().stream(),
                        provider.api().headers().values().stream(),
                        provider.api().query().values().stream(),
                        provider.api().body().values().stream())
                .flatMap(texts -> texts);
    }

    private boolean declares(String root) {
        return places().anyMatch(text -> SentValues.refersTo(text, root));
    }

    /** The values in the API's URL, headers and query; empty when a credential is not where the definition puts it. */
    private Optional<Map<String, String>> placed(String root, LabRequest request, Map<String, String> captured) {
        Map<String, String> values = new LinkedHashMap<>(captured);
        Map<String, String> query = request.query();
        boolean headers = provider.api().headers().entrySet().stream()
                .filter(one -> SentValues.refersTo(one.getValue(), root))
                .allMatch(one -> sent.take(one.getValue(), request.header(one.getKey()), values));
        boolean parameters = provider.api().query().entrySet().stream()
                .filter(one -> SentValues.refersTo(one.getValue(), root))
                .allMatch(one -> sent.take(one.getValue(), Optional.ofNullable(query.get(one.getKey())), values));
        Map<String, String> members = request.parameters();
        boolean body = provider.api().body().entrySet().stream()
                .filter(one -> SentValues.refersTo(one.getValue(), root))
                .allMatch(one -> sent.take(one.getValue(), Optional.ofNullable(members.get(one.getKey())), values));
        return headers && parameters && body ? Optional.of(values) : Optional.empty();
    }
}
