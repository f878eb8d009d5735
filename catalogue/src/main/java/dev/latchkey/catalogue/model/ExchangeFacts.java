package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Of secrets that are exchanged for a token. */
record ExchangeFacts(Auth.Exchange auth) implements MintedFacts {
    @Override
    public String mode() {
        return auth.mode().orElse("TWO_STEP");
    }

    @Override
    public String words() {
        return "exchange of secrets";
    }

    @Override
    public String label() {
        return "Signed or exchanged";
    }

    @Override
    public boolean holdsStaticSecret() {
        return false;
    }

    @Override
    public List<String> setupSteps() {
        return List.of(Sentences.CREATE, "Each user enters what is asked below; Latchkey gets tokens for it.");
    }

    @Override
    public List<String> notes() {
        List<String> notes = new ArrayList<>();
        auth.steps().forEach(step -> notes.add("Step `" + step.id() + "`: " + Sentences.request(step.call()) + "."));
        notes.add(
                auth.refresh().isPresent()
                        ? "Renewed by its refresh token."
                        : "A new token is requested before it expires.");
        notes.addAll(Sentences.shape(auth.token()));
        return notes;
    }

    @Override
    public List<Text> addresses() {
        List<Text> found = new ArrayList<>();
        auth.steps().forEach(step -> found.add(step.call().url()));
        auth.refresh().map(Call::url).ifPresent(found::add);
        found.addAll(auth.expiry().addresses());
        return found;
    }

    @Override
    public Optional<Call> tokenCall() {
        return auth.refresh().or(() -> auth.steps().stream().findFirst().map(Auth.Step::call));
    }

    @Override
    public TokenShape token() {
        return auth.token();
    }

    @Override
    public Auth.Expiry expiry() {
        return auth.expiry();
    }

    @Override
    public Map<String, JsonPath> learned() {
        return auth.learn();
    }

    @Override
    public Optional<SigningKey> signingKey() {
        return auth.assertion().map(assertion -> new SigningKey(assertion.algorithm(), assertion.key()));
    }
}
