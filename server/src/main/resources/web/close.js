// The popup is done: its opener was told by WebSocket. A moment to read, then it closes itself.
setTimeout(() => window.close(), 800);
