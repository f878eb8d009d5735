package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.template.Template;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** A vendor of the authorization code grant, with what its definition adds: pushed requests, codes for devices, tokens bound to keys. */
final class CodeVendor implements Playing {
    private final Stage stage;
    private final CodeGrant code;
    private final AuthorizationEndpoint authorization;
    private final DeviceVendor devices;
    private final Possession possession;

    CodeVendor(Stage stage, CodeGrant code) {
        this.stage = stage;
        this.code = code;
        this.authorization =
                new AuthorizationEndpoint(stage.provider, code, stage.app, stage.base, stage.grants, stage.clock);
        this.devices = new DeviceVendor(stage, code);
        this.possession = new Possession(stage.provider.id(), stage.grants, stage.clock);
    }

    @Override
    public void routes(Routes routes) {
        routes.authorization(code.consent().authorize().url());
        code.consent()
                .authorize()
                .pushed()
                .map(Routes::post)
                .ifPresent(call -> routes.tokenCall(
                        call,
                        (captured, request) -> stage.tokens
                                .unauthenticated(code, call, request)
                                .orElseGet(() -> authorization.push(request))));
        code.consent().device().map(Routes::post).ifPresent(call -> {
            routes.tokenCall(
                    call,
                    (captured, request) ->
                            stage.tokens.unauthenticated(code, call, request).orElseGet(() -> devices.begin(request)));
            routes.first(request -> request.location().endsWith(DeviceVendor.PAGE)
                    ? Optional.of(Endpoint.Handled.page(devices::page))
                    : Optional.empty());
        });
        code.then()
                .forEach(then ->
                        routes.add(then.call(), captured -> new Endpoint.Swap(then.call(), then.token(), captured)));
        code.refresh()
                .exchangeStored()
                .ifPresent(call -> routes.tokenCall(
                        call, (captured, request) -> stage.tokens.exchangeStored(code, call, captured, request)));
        code.refresh().call().ifPresent(call -> {
            if (carriesAccessToken(call)) {
                routes.add(
                        call,
                        captured -> new Endpoint.Swap(call, code.response().token(), captured));
            } else {
                routes.refresh(call);
            }
        });
        routes.exchange(code.exchange());
        routes.introspection(code.expiry());
        code.proof()
                .ifPresent(proof -> routes.apiCall(
                        proof.call(), (captured, request) -> stage.proofs.answer(proof, captured, request)));
    }

    private static boolean carriesAccessToken(Call call) {
        return Stream.of(call.query(), call.headers(), Endpoints.members(call.body()))
                .flatMap(values -> values.values().stream())
                .flatMap(text -> text.alternatives().stream())
                .flatMap(template -> template.references().stream())
                .anyMatch(reference -> reference.equals(new Template.Reference("token", List.of("access"))));
    }

    @Override
    public Answer page(LabRequest request) {
        return authorization.answer(request);
    }

    @Override
    public Answer token(Endpoint.Token endpoint, LabRequest request) {
        boolean byDevice = code.consent().device().isPresent()
                && DeviceVendor.GRANT.equals(request.parameters().get("grant_type"));
        return byDevice
                ? stage.tokens.unauthenticated(code, code.exchange(), request).orElseGet(() -> devices.token(request))
                : stage.tokens.code(code, endpoint, request);
    }

    @Override
    public Optional<Caller> caller(LabRequest request, Map<String, String> captured) {
        return stage.credentials.holder(request, captured);
    }

    /** RFC 9449: a token is bound to a key where it is issued, and each call proves the key. */
    @Override
    public Answer guarded(Endpoint endpoint, LabRequest request, Supplier<Answer> answer) {
        if (!code.client().dpop()) {
            return answer.get();
        }
        return switch (endpoint) {
            case Endpoint.Token token -> possession.bind(request, answer);
            case Endpoint.Learning call -> possession.refusal(request).orElseGet(answer);
            case Endpoint.Probe call -> possession.refusal(request).orElseGet(answer);
            case Endpoint.Resource call -> possession.refusal(request).orElseGet(answer);
            case Endpoint.Authorization page -> answer.get();
            case Endpoint.Handled handled -> answer.get();
            case Endpoint.Swap swap -> answer.get();
            case Endpoint.Introspection call -> answer.get();
            case Endpoint.Revocation call -> answer.get();
            case Endpoint.WrongMethod wrong -> answer.get();
        };
    }
}
