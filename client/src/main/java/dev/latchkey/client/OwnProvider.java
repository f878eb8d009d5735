package dev.latchkey.client;

/**
 * A provider that an environment defines itself.
 *
 * @param id what an integration names as its provider
 * @param authMode {@code OAUTH2, API_KEY, DATASTORE ...}
 */
public record OwnProvider(String id, String name, String authMode) {}
