package dev.latchkey.spring;

import dev.latchkey.client.WebhookEvent;

/**
 * A webhook, as an application event with its id: the same each time that the event arrives again.
 *
 * @param id empty if the sender did not say
 */
public record LatchkeyDelivery(String id, WebhookEvent event) {}
