using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DigitalTwin.Coordinator.ReadSide;

/// <summary>How a mirror serves.</summary>
/// <param name="Ledger">A ledger folder; a running node may write to it.</param>
/// <param name="Public">Folder of the published files, outside the ledger.</param>
/// <param name="Port">Port to listen on; 0 takes a free one.</param>
/// <param name="AnyAddress">Listen on every address, not on loopback alone.</param>
public sealed record MirrorOptions(string Ledger, string Public, int Port, bool AnyAddress);

/// <summary>Serves any copy of the ledger to readers, over plain HTTP.</summary>
/// <remarks>
/// Everything served carries signatures, so the transport need not be trusted; who may read is decided by who can
/// reach the port. HTTPS, where it is wanted, is the business of a reverse proxy.
/// </remarks>
public static class MirrorHost
{
    // A reader sends no body; Kestrel refuses what is longer.
    private const long MostBodyBytes = 1024;

    /// <summary>Builds the server; it does not listen yet.</summary>
    public static WebApplication Build(MirrorOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ssZ ";
        });
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            ReadSideLimits.Apply(kestrel, MostBodyBytes);
            IPAddress address = options.AnyAddress ? IPAddress.Any : IPAddress.Loopback;
            kestrel.Listen(address, options.Port, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton(options);
        builder.Services.AddHostedService<MirrorLoop>();
        WebApplication application = builder.Build();
        application.Run(new ReadSideFiles(options.Public).ServeAsync);
        return application;
    }

    /// <summary>The port on which a started server listens.</summary>
    public static int PortOf(WebApplication application)
    {
        ArgumentNullException.ThrowIfNull(application);
        return new Uri(application.Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
    }
}
