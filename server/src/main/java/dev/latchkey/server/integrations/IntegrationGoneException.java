package dev.latchkey.server.integrations;

/** An integration was deleted while something was being added to it. */
public final class IntegrationGoneException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public IntegrationGoneException(Integration integration) {
        super("The integration " + integration.uniqueKey() + " has been deleted.");
    }
}
