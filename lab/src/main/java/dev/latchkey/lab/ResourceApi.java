package dev.latchkey.lab;

import dev.latchkey.catalogue.AfterConnect;
import dev.latchkey.catalogue.Auth;
import dev.latchkey.catalogue.Call;
import dev.latchkey.catalogue.JsonPath;
import dev.latchkey.catalogue.Provider;
import dev.latchkey.catalogue.Text;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/** The vendor's API: tells whoever brings a valid credential, placed as the definition says, whose account it is. */
final class ResourceApi {
    private final Provider provider;
    private final Grants grants;
    private final SentValues sent;
    private final SampleValues samples;

    ResourceApi(Provider provider, Grants grants, SentValues sent) {
        this.provider = provider;
        this.grants = grants;
        this.sent = sent;
        this.samples = new SampleValues(provider);
    }

    private record Caller(TestUser user, String scope) {}

    Answer account(LabRequest request, Map<String, String> captured, int status) {
        return caller(request, captured)
                .map(caller -> {
                    ObjectNode account = JsonTree.NODES.objectNode();
                    account.put("id", caller.user().id());
                    account.put("name", caller.user().name());
                    account.put("email", caller.user().email());
                    account.put("provider", provider.id());
                    account.put("scope", caller.scope());
                    return Answer.json(status, account);
                })
                .orElseGet(ResourceApi::unauthorized);
    }

    /** RFC 6750 section 3.1 */
    private static Answer unauthorized() {
        return Answer.error(401, "invalid_token", "The credential is missing, wrong, expired or revoked.")
                .with("www-authenticate", "Bearer error=\"invalid_token\"");
    }

    /** An answer in which the definition's step finds what it picks. */
    Answer learning(Endpoint.Learning endpoint, LabRequest request) {
        Optional<Caller> caller = caller(request, endpoint.captured());
        if (caller.isEmpty()) {
            return unauthorized();
        }
        AfterConnect step = endpoint.step();
        JsonTree picked = new JsonTree();
        // Where a definition learns from the account's own address, that tells whose account it is, too.
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
        return switch (provider.auth()) {
            case Auth.OAuth2Code code -> holder(request, captured);
            case Auth.OAuth2Client client -> holder(request, captured);
            case Auth.ApiKey key -> key(request, captured);
            case Auth.Basic basic -> basic(request);
            case Auth.NoAuth none -> Optional.of(new Caller(TestUser.first(), ""));
            default -> Optional.empty();
        };
    }

    private Optional<Caller> holder(LabRequest request, Map<String, String> captured) {
        // RFC 6750 section 2.1, where the definition names no place of its own.
        Optional<String> token = declares("token")
                ? placed("token", request, captured).map(values -> values.getOrDefault("token.access", ""))
                : request.header("authorization")
                        // Some vendors still know the scheme's name before RFC 6750.
                        .filter(header -> header.matches("(?i)(Bearer|OAuth) .+"))
                        .map(header -> header.substring(header.indexOf(' ')).strip());
        return token.flatMap(grants::live)
                .map(claims ->
                        new Caller(claims.consent().user(), claims.consent().scope()));
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
                        provider.api().query().values().stream())
                .flatMap(texts -> texts);
    }

    private boolean declares(String root) {
        return places().anyMatch(text -> SentValues.refersTo(text, root));
    }

    /** What the API's address, headers and query carry; empty when a credential is not where the definition puts it. */
    private Optional<Map<String, String>> placed(String root, LabRequest request, Map<String, String> captured) {
        Map<String, String> values = new LinkedHashMap<>(captured);
        Map<String, String> query = request.query();
        boolean headers = provider.api().headers().entrySet().stream()
                .filter(one -> SentValues.refersTo(one.getValue(), root))
                .allMatch(one -> sent.take(one.getValue(), request.header(one.getKey()), values));
        boolean parameters = provider.api().query().entrySet().stream()
                .filter(one -> SentValues.refersTo(one.getValue(), root))
                .allMatch(one -> sent.take(one.getValue(), Optional.ofNullable(query.get(one.getKey())), values));
        return headers && parameters ? Optional.of(values) : Optional.empty();
    }
}
