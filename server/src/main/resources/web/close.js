// The popup is done: its opener was notified by WebSocket. It leaves a moment to read, then closes itself.
setTimeout(() => window.close(), 800);
