package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.TokenShape;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.lab.LabTokens.Consent;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Writes token responses so that the definition's own paths find their values. */
final class TokenAnswer {
    private final Provider provider;
    private final Grants grants;
    private final TokenShape shape;
    private final Optional<Call.OkWhen> okWhen;
    private final Further further;
    private final SampleValues samples;

    /** @param learned, tokens what a response carries beside its token */
    record Further(Map<String, JsonPath> learned, Map<String, CodeGrant.ExtraToken> tokens) {
        static final Further NONE = new Further(Map.of(), Map.of());

        static Further of(CodeGrant code) {
            return new Further(code.response().learn(), code.response().extraTokens());
        }
    }

    TokenAnswer(Provider provider, Grants grants, TokenShape shape, Optional<Call.OkWhen> okWhen, Further further) {
        this.further = further;
        this.provider = provider;
        this.grants = grants;
        this.shape = shape;
        this.okWhen = okWhen;
        this.samples = new SampleValues(provider);
    }

    /** RFC 6749 section 5.2, or the vendor's own way of failing inside a 200. */
    Answer error(int status, String code, String description) {
        if (okWhen.isEmpty()) {
            return Answer.error(status, code, description);
        }
        JsonTree tree = new JsonTree();
        okWhen.get()
                .json()
                .ifPresent(path -> tree.put(path, failure(okWhen.get().is().orElse(""))));
        tree.put(okWhen.get().error().orElse(JsonPath.parse("error")), JsonTree.NODES.stringNode(code));
        tree.put(List.of("error_description"), JsonTree.NODES.stringNode(description));
        return Answer.json(200, tree.root(), code);
    }

    private static JsonNode failure(String success) {
        return switch (success) {
            case "true" -> JsonTree.NODES.booleanNode(false);
            case "0" -> JsonTree.NODES.numberNode(1);
            default -> JsonTree.NODES.stringNode("failed");
        };
    }

    /** The values that the rule looks for in a success. */
    static void succeed(JsonTree tree, Call.OkWhen rule) {
        rule.json()
                .filter(path -> path.in(tree.root()).isEmpty())
                .ifPresent(path -> tree.put(path, success(rule.is().orElse("ok"))));
    }

    private static JsonNode success(String success) {
        if (success.matches("\\d{1,9}")) {
            return JsonTree.NODES.numberNode(Integer.parseInt(success));
        }
        return success.equals("true") || success.equals("false")
                ? JsonTree.NODES.booleanNode(Boolean.parseBoolean(success))
                : JsonTree.NODES.stringNode(success);
    }

    /** @param first whether it is the grant's first response, the only one with its further tokens */
    Answer of(Grants.Outcome outcome, boolean first) {
        return switch (outcome) {
            case Grants.Outcome.Refused refused -> error(400, "invalid_grant", refused.why());
            case Grants.Outcome.Granted granted -> Answer.json(200, body(granted.issued(), first), "tokens issued");
        };
    }

    private JsonNode body(Grants.Issued issued, boolean first) {
        JsonTree tree = new JsonTree();
        Consent consent = issued.consent();
        // A request with only the scopes of a further token gets only that token, in its own place (Slack's user
        // tokens).
        boolean furtherOnly = consent.scope().isEmpty()
                && shape.access().size() > 1
                && further.tokens().keySet().stream().anyMatch(consent.scopes()::containsKey);
        okWhen.ifPresent(when -> succeed(tree, when));
        learned(tree, consent);
        tokens(tree, issued, furtherOnly ? 1 : 0);
        put(tree, List.of("token_type"), "bearer");
        if (!consent.scope().isEmpty()) {
            put(tree, List.of("scope"), consent.scope());
        }
        if (first && !furtherOnly) {
            further.tokens().forEach((group, token) -> further(tree, token, group, consent));
        }
        return tree.root();
    }

    /** @param place which of the alternative paths */
    private void tokens(JsonTree tree, Grants.Issued issued, int place) {
        at(shape.access(), place).ifPresent(path -> put(tree, below(path), issued.accessToken()));
        issued.refreshToken()
                .ifPresent(token -> at(shape.refresh(), place).ifPresent(path -> put(tree, below(path), token)));
        at(shape.lifetime().expiresIn(), place)
                .ifPresentOrElse(
                        path -> tree.put(
                                below(path),
                                JsonTree.NODES.numberNode(Grants.ACCESS_LIFETIME.dividedBy(
                                        shape.lifetime().unit()))),
                        () -> expiresAt(tree, issued, place));
        if (!shape.lifetime().expiresAt().equals(TokenShape.Lifetime.STANDARD.expiresAt())) {
            expiresAt(tree, issued, place);
        }
    }

    private void expiresAt(JsonTree tree, Grants.Issued issued, int place) {
        at(shape.lifetime().expiresAt(), place)
                .ifPresent(path -> put(tree, below(path), issued.expiresAt().toString()));
    }

    private static Optional<JsonPath> at(List<JsonPath> paths, int place) {
        return paths.isEmpty() ? Optional.empty() : Optional.of(paths.get(Math.min(place, paths.size() - 1)));
    }

    private List<String> below(JsonPath path) {
        return shape.root().map(root -> joined(root, path.steps())).orElse(path.steps());
    }

    private static List<String> joined(JsonPath path, List<String> steps) {
        return java.util.stream.Stream.concat(path.steps().stream(), steps.stream())
                .toList();
    }

    private void further(JsonTree tree, CodeGrant.ExtraToken token, String group, Consent consent) {
        Grants.Issued issued = grants.further(consent, group, token.ownRefresh());
        put(tree, joined(token.from(), List.of("id")), consent.user().id());
        put(tree, joined(token.from(), List.of("scope")), issued.consent().scope());
        put(tree, joined(token.from(), List.of("access_token")), issued.accessToken());
        issued.refreshToken().ifPresent(refresh -> {
            put(tree, joined(token.from(), List.of("refresh_token")), refresh);
            tree.put(
                    joined(token.from(), List.of("expires_in")),
                    JsonTree.NODES.numberNode(Grants.ACCESS_LIFETIME.toSeconds()));
        });
    }

    private static void put(JsonTree tree, List<String> steps, String value) {
        tree.put(steps, JsonTree.NODES.stringNode(value));
    }

    private void learned(JsonTree tree, Consent consent) {
        for (Field field : provider.fields().values()) {
            if (field.source().orElse(null) instanceof Field.Source.Token source) {
                tree.put(source.path(), samples.of(field.id(), consent.user(), consent.host()));
            }
        }
        further.learned().forEach((id, path) -> tree.put(path, samples.of(id, consent.user(), consent.host())));
    }
}
