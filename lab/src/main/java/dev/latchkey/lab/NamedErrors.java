package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Api;
import dev.latchkey.catalogue.model.ErrorSign;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.TokenErrors;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** The errors that a definition knows by their body or a header, as its vendor returns them. */
final class NamedErrors {
    private final Provider provider;
    private final InstantSource clock;

    NamedErrors(Provider provider, InstantSource clock) {
        this.provider = provider;
        this.clock = clock;
    }

    private List<Api.Error> ofApi() {
        return provider.api().refusals().errors();
    }

    private List<TokenErrors.Response> ofToken() {
        return provider.auth().facts().token().errors().responses();
    }

    int count(Faults.Place place) {
        return switch (place) {
            case API -> ofApi().size();
            case TOKEN -> ofToken().size();
        };
    }

    /** @param wait that a limit names where the definition says a place for it; zero: none */
    Answer answer(Faults.Place place, int index, Duration wait) {
        return switch (place) {
            case TOKEN -> answer(ofToken().get(index).sign(), new JsonTree());
            case API -> {
                Api.Error error = ofApi().get(index);
                boolean waits = error.meaning() == Api.Error.Meaning.LIMITED && !wait.isZero();
                JsonTree body = new JsonTree();
                if (waits) {
                    provider.api()
                            .refusals()
                            .retry()
                            .body()
                            .ifPresent(hint -> body.put(
                                    hint.path(), JsonTree.NODES.numberNode(hint.at() ? at(wait) : wait.toSeconds())));
                }
                Answer answer = answer(error.sign(), body);
                yield waits ? waiting(answer, wait) : answer;
            }
        };
    }

    private static Answer answer(ErrorSign sign, JsonTree body) {
        String said = sign.is().isEmpty() ? sign.has().getFirst() : sign.is().getFirst();
        int status = sign.statuses().getFirst();
        return switch (sign.where()) {
            case ErrorSign.Where.Header header ->
                Answer.json(status, body.put(List.of("error"), text("named")).root(), said)
                        .with(header.name(), said);
            case ErrorSign.Where.Body in ->
                Answer.json(status, body.put(in.places().first(), scalar(said)).root(), said);
        };
    }

    /** In the headers that the definition says the vendor uses. */
    Answer waiting(Answer given, Duration wait) {
        Answer answer = given;
        Api.Retry retry = provider.api().refusals().retry();
        for (String header : retry.after()) {
            answer = answer.with(header, Long.toString(wait.toSeconds()));
        }
        for (String header : retry.at()) {
            answer = answer.with(header, Long.toString(at(wait)));
        }
        return answer;
    }

    private long at(Duration wait) {
        Instant end = clock.instant().plus(wait);
        return end.getEpochSecond();
    }

    private static JsonNode scalar(String said) {
        return said.matches("-?\\d{1,9}")
                ? JsonTree.NODES.numberNode(Long.parseLong(said))
                : Optional.of(said)
                        .filter(it -> it.matches("true|false"))
                        .<JsonNode>map(it -> JsonTree.NODES.booleanNode(Boolean.parseBoolean(it)))
                        .orElseGet(() -> text(said));
    }

    private static JsonNode text(String text) {
        return JsonTree.NODES.stringNode(text);
    }
}
