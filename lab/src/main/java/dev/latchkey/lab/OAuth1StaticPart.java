package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;
import java.util.Optional;

/** OAuth 1.0a with the account's own token, which was issued beforehand. */
record OAuth1StaticPart(Auth.OAuth1Static auth) implements Part {
    @Override
    public String use(IndexPage.Card card) {
        return card.account();
    }

    @Override
    public Playing on(Stage stage) {
        return (request, captured) -> Caller.first(isSigned(stage, request));
    }

    private OAuth1Check.Consumer consumer(Stage stage) {
        return switch (auth.consumer()) {
            case INTEGRATION -> OAuth1Check.Consumer.of(stage.app);
            case CONNECTION ->
                new OAuth1Check.Consumer(stage.account.value("consumer_key"), stage.account.value("consumer_secret"));
        };
    }

    private boolean isSigned(Stage stage, LabRequest request) {
        return OAuth1Check.check(
                        request,
                        auth.signing().method(),
                        consumer(stage),
                        token -> token.equals(stage.account.value("token_id"))
                                ? Optional.of(stage.account.value("token_secret"))
                                : Optional.empty(),
                        Optional.empty(),
                        auth.signing().realm().map(text -> SignatureCheck.expand(text, stage.account)),
                        stage.clock.instant())
                instanceof OAuth1Check.Result.Good;
    }
}
