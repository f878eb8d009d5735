package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.Text;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** The credentials that a call of the API carries, where the definition puts them. */
final class CallCredentials {
    private final Provider provider;
    private final Grants grants;
    private final SentValues sent;
    private final Belongings belongings;

    CallCredentials(Provider provider, Grants grants, SentValues sent) {
        this.provider = provider;
        this.grants = grants;
        this.sent = sent;
        this.belongings = new Belongings(provider);
    }

    /** Who holds a live token. */
    Optional<Caller> holder(LabRequest request, Map<String, String> captured) {
        return token(request, captured)
                .flatMap(grants::live)
                .filter(claims -> !belongings.areOthers(captured, claims.consent()))
                .map(Caller::of);
    }

    /** RFC 6750 section 2.1, where the definition names no place of its own. */
    Optional<String> token(LabRequest request, Map<String, String> captured) {
        return declares("token")
                ? placed("token", request, captured).map(CallCredentials::token)
                : request.header("authorization")
                        // Some vendors still accept the scheme's name from before RFC 6750.
                        .filter(header -> header.matches("(?i)(Bearer|OAuth|DPoP) .+"))
                        .map(header -> header.substring(header.indexOf(' ')).strip());
    }

    /** A definition may send a second token in place of the first ({@code token.raw.bot.access_token}). */
    private static String token(Map<String, String> values) {
        return Stream.concat(
                        Stream.of("token.access"),
                        values.keySet().stream().filter(name -> name.startsWith("token.raw.")))
                .map(values::get)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse("");
    }

    /** Any key counts as the account's, unless it contains "wrong". */
    Optional<Caller> key(LabRequest request, Map<String, String> captured) {
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

    private Stream<Text> places() {
        return Stream.of(
                        provider.api().base().stream(),
                        provider.api().headers().values().stream(),
                        provider.api().query().values().stream(),
                        provider.api().body().values().stream())
                .flatMap(texts -> texts);
    }

    /** Whether the API's block says where values of this root go. */
    boolean declares(String root) {
        return places().anyMatch(text -> SentValues.refersTo(text, root));
    }

    /** The values in the API's URL, headers and query; empty when a credential is not where the definition puts it. */
    Optional<Map<String, String>> placed(String root, LabRequest request, Map<String, String> captured) {
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
