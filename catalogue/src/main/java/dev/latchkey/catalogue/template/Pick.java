package dev.latchkey.catalogue.template;

/** What is taken from an answer: the value at a path, or a template such as <code>${last(body.resource.uri)}</code>. */
public sealed interface Pick {
    record At(JsonPath path) implements Pick {}

    /** May ask for {@code body.PATH}, {@code header.NAME} and {@code cookie.NAME} of the answer, and for {@code token.claim.NAME}. */
    record Filled(Template template) implements Pick {}
}
