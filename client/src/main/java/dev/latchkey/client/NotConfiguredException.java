package dev.latchkey.client;

/** No secret key is configured, and the call needs the server. The message names the variable and where to get the key. */
public final class NotConfiguredException extends LatchkeyException {
    private static final long serialVersionUID = 1;

    /** @param what begins the message: "Connecting GitHub" */
    public NotConfiguredException(String what) {
        super(what + " needs a Latchkey server: set " + Settings.SECRET_KEY
                + " to the secret key of your environment. `latchkey start` prints it once, on the first start;"
                + " `latchkey keys create` and the dashboard (Settings, API keys) make another. Set " + Settings.HOST
                + " too, unless the server is at " + Settings.DEFAULT_HOST + ".");
    }
}
