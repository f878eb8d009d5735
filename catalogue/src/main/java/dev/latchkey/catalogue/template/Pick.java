package dev.latchkey.catalogue.template;

/** A value taken from a response: the value at a path, or a template such as <code>${last(body.resource.uri)}</code>. */
public sealed interface Pick {
    record At(JsonPath path) implements Pick {}

    /** May refer to {@code body.PATH}, {@code header.NAME} and {@code cookie.NAME} of the response, and for {@code token.claim.NAME}. */
    record Filled(Template template) implements Pick {}
}
