package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.ClientGrant;
import java.util.Map;
import java.util.Optional;

/** Client credentials grant (RFC 6749 section 4.4). */
record OAuth2ClientPart(ClientGrant grant) implements Part {
    @Override
    public String use(IndexPage.Card card) {
        return "any client id and secret, unless it contains “wrong”";
    }

    @Override
    public void register(LabApp.Registration app) {
        app.keyOf(grant.clientAuth());
    }

    /** A person who brings a client of their own sends that one's id and secret. */
    @Override
    public LabApp client(LabApp registered) {
        return LabApp.ANY;
    }

    @Override
    public Playing on(Stage stage) {
        return new Playing() {
            @Override
            public Optional<Caller> caller(LabRequest request, Map<String, String> captured) {
                return stage.credentials.holder(request, captured);
            }

            @Override
            public void routes(Routes routes) {
                routes.exchange(grant.exchange());
                routes.introspection(grant.expiry());
            }

            @Override
            public Answer token(Endpoint.Token endpoint, LabRequest request) {
                return issued(stage, endpoint.exchange().orElseThrow(), request);
            }
        };
    }

    private Answer issued(Stage stage, Call call, LabRequest request) {
        TokenAnswer answers = new TokenAnswer(
                stage.provider,
                stage.grants,
                grant.token(),
                call.okWhen().or(grant::okWhen),
                new TokenAnswer.Further(grant.learn(), Map.of()));
        Optional<Answer> refused = TokenRequest.problem(call, request)
                .or(() -> stage.tokens.unauthenticated(
                        grant.clientAuth(), ClientCheck.Clients.ANY, call, request, answers));
        if (refused.isPresent()) {
            return refused.get();
        }
        Map<String, String> parameters = TokenRequest.parameters(call, request);
        String expected = TokenRequest.constant(call, "grant_type").orElse("client_credentials");
        if (!expected.equals(parameters.get("grant_type"))) {
            return answers.error(400, "unsupported_grant_type", "grant_type must be " + expected);
        }
        String scope = parameters.getOrDefault(grant.scope().param(), "");
        return stage.tokens
                .incomplete(call, parameters, answers)
                .orElseGet(() -> answers.of(stage.grants.mint(TestUser.first(), scope, request.host()), false));
    }
}
