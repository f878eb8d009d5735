package dev.latchkey.lab;

import dev.latchkey.catalogue.model.AfterConnect;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.JsonPath;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** The vendor's API: given a valid credential, placed as the definition says, it returns whose account it is. */
final class ResourceApi {
    private final Provider provider;
    private final SampleValues samples;
    private final LabAccount account;
    private final Playing playing;
    private final InstantSource clock;
    private final ListedAccounts listed;

    ResourceApi(Stage stage, Playing playing) {
        this.provider = stage.provider;
        this.samples = new SampleValues(stage.provider);
        this.account = stage.account;
        this.playing = playing;
        this.clock = stage.clock;
        this.listed = stage.listed;
    }

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

    private Answer unauthorized(LabRequest request) {
        return Answer.error(401, "invalid_token", "The credential is missing, wrong, expired or revoked.")
                .with("www-authenticate", playing.challenge(request));
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
        return Answer.json(200, listed.body(step, step.find().get(), picked));
    }

    private Optional<Caller> caller(LabRequest request, Map<String, String> captured) {
        return switch (provider.api().sign()) {
            // The signature of OAuth 1.0a is the kind's own.
            case NONE, OAUTH1 -> playing.caller(request, captured);
            case SIGV4 ->
                Caller.first(SigV4Check.check(request, id -> secretAccessKey(id, request), clock.instant())
                        .isPresent());
            case DUO ->
                Caller.first(SignatureCheck.duo(
                        request, account.value("username"), account.value("password"), clock.instant()));
            case WSSE ->
                Caller.first(SignatureCheck.wsse(
                        request.header("x-wsse").orElse(""),
                        account.value("username"),
                        account.value("password"),
                        clock.instant()));
            case HTTP_SIGNATURE -> Caller.first(SignatureCheck.message(request, provider, account, clock.instant()));
        };
    }

    /** Of temporary keys that were issued here, or of the account's own if a person enters those. */
    private Optional<String> secretAccessKey(String id, LabRequest request) {
        return playing.secretAccessKey(id, request)
                .or(() -> Optional.of(account.value("password"))
                        .filter(secret -> !secret.isEmpty() && id.equals(account.value("username"))));
    }
}
