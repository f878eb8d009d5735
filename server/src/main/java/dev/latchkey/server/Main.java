package dev.latchkey.server;

/** Starts Latchkey. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {}
}
