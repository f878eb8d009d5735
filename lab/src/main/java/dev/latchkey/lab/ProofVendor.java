package dev.latchkey.lab;

import dev.latchkey.catalogue.model.AfterConnect;
import dev.latchkey.catalogue.model.Api;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.lab.LabTokens.Claims;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/**
 * Shows whether an account named by a callback is the user's: by a paged list of the user's accounts, or by refusing a call that names
 * another's.
 */
final class ProofVendor {
    /** More than fit on a page: a client that reads only the first page does not find the user's. */
    private static final int OTHERS = 120;

    private static final int STANDARD_PAGE = 30;

    private final Provider provider;
    private final Grants grants;
    private final SentValues sent;
    private final Belongings belongings;

    ProofVendor(Provider provider, Grants grants, SentValues sent) {
        this.provider = provider;
        this.grants = grants;
        this.sent = sent;
        this.belongings = new Belongings(provider);
    }

    Answer answer(Auth.Proof proof, Map<String, String> captured, LabRequest request) {
        Optional<Claims> holder = token(proof, captured, request).flatMap(grants::live);
        if (holder.isEmpty()) {
            return Answer.error(401, "invalid_token", "The credential is missing, wrong, expired or revoked.");
        }
        if (belongings.areOthers(captured, holder.get().consent())) {
            return Answer.error(403, "forbidden", "This account is not the user's.");
        }
        return proof.find()
                .map(find -> list(find, holder.get(), request))
                .orElseGet(() -> Answer.json(200, JsonTree.NODES.objectNode().put("ok", true)));
    }

    private Optional<String> token(Auth.Proof proof, Map<String, String> captured, LabRequest request) {
        if (sent.of(proof.call(), captured, request) instanceof SentValues.Result.Values values
                && values.get("token.user.access").isPresent()) {
            return values.get("token.user.access");
        }
        return request.header("authorization")
                .filter(header -> header.regionMatches(true, 0, "Bearer ", 0, 7))
                .map(header -> header.substring(7).strip());
    }

    private Answer list(AfterConnect.Find find, Claims holder, LabRequest request) {
        List<JsonNode> all = new ArrayList<>();
        for (int i = 0; i < OTHERS; i++) {
            all.add(element(
                    find,
                    JsonTree.NODES.numberNode(70_000 + holder.consent().user().number() * 1_000 + i)));
        }
        belongings
                .fromCallback()
                .map(field -> belongings.of(field, holder.consent().user(), request.host()))
                .forEach(own -> all.add(element(find, own)));
        int size =
                number(request, provider.api().page().flatMap(Api.Page::limit).orElse("per_page"), STANDARD_PAGE);
        int page = number(request, "page", 1);
        ArrayNode shown = JsonTree.NODES.arrayNode();
        all.stream().skip((long) (page - 1) * size).limit(size).forEach(shown::add);
        JsonTree tree = new JsonTree();
        tree.put(find.in(), shown);
        Answer answer = Answer.json(200, tree.root());
        return (long) page * size < all.size()
                // GitHub's own form; the address is the vendor's, as the client knows it.
                ? answer.with(
                        "link",
                        "<https://" + request.location() + "?per_page=" + size + "&page=" + (page + 1)
                                + ">; rel=\"next\", <https://" + request.location() + "?per_page=" + size
                                + "&page=9>; rel=\"last\"")
                : answer;
    }

    private static JsonNode element(AfterConnect.Find find, JsonNode id) {
        JsonTree element = new JsonTree();
        find.firstOf().stream()
                .filter(AfterConnect.Rule.Compare.class::isInstance)
                .forEach(rule -> element.put(((AfterConnect.Rule.Compare) rule).path(), id));
        return element.root();
    }

    private static int number(LabRequest request, String name, int absent) {
        String given = request.query().getOrDefault(name, "");
        return given.matches("[1-9]\\d{0,3}") ? Math.min(100, Integer.parseInt(given)) : absent;
    }
}
