import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

/** A service with a hole: the name of a report goes to a shell. */
public class Shop {
    public static void main(String[] arguments) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("0.0.0.0", 8080), 64);
        server.createContext("/health", exchange -> answer(exchange, "ok\n".getBytes()));
        server.createContext("/slow", exchange -> {
            pause(12);
            answer(exchange, "done\n".getBytes());
        });
        server.createContext("/report", exchange -> {
            String name = exchange.getRequestURI().getQuery().substring("name=".length());
            Process process = new ProcessBuilder("sh", "-c", "wc -l /srv/shop/" + name).redirectErrorStream(true).start();
            answer(exchange, process.getInputStream().readAllBytes());
        });
        server.setExecutor(Executors.newFixedThreadPool(8));
        server.start();
    }

    private static void pause(int seconds) {
        try {
            Thread.sleep(seconds * 1000L);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void answer(HttpExchange exchange, byte[] body) throws IOException {
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }
}
