using System.Reflection;
using System.Security.Cryptography.X509Certificates;
using DigitalTwin.Coordinator.Members;
using DigitalTwin.HospitalNode.Connection;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Protos.V1;
using DigitalTwin.TestKit;
using DigitalTwin.TestKit.Hosts;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace DigitalTwin.Coordinator.Tests.Members;

// Goal: no method is open by oversight, and each role may call what the table of the manual says. Method: the services
// that the wire contract declares are compared with the interceptor's tables; then every role calls every method.
public sealed class MemberInterceptorTests
{
    private static readonly string[] Methods = ["Follow", "Append", "Cosign", "Heal", "Put", "Get", "Renew"];

    [Fact]
    public void Every_method_of_the_wire_contract_is_open_or_has_its_roles()
    {
        string[] declared = [.. Declared().Select(method => $"/{method.Service.FullName}/{method.Name}").Order()];
        string[] decided = [.. Called().Concat(MemberInterceptor.Open).Order()];

        Assert.Equal(9, declared.Length);
        Assert.Equal(declared, decided);
    }

    [Fact]
    public void Only_enrolment_and_health_are_open()
    {
        Assert.Equal(
            ["/digitaltwin.v1.Enrolment/Enrol", "/grpc.health.v1.Health/Check"], MemberInterceptor.Open.Order());
        Assert.Empty(MemberInterceptor.Open.Intersect(Called()));
    }

    [Fact]
    public void No_method_streams_from_the_client()
    {
        Assert.All(Declared(), method => Assert.False(method.IsClientStreaming));
    }

    [Fact]
    public async Task Each_role_may_call_what_the_table_says_and_nothing_else()
    {
        using TemporaryFolder folder = new();
        await using RunningCoordinator coordinator = await RunningCoordinator.StartNewAsync(folder["coordinator"]);

        Assert.Equal("Follow Append Cosign Heal Put Get Renew", await AllowedAsync(coordinator, folder, Role.Hospital));
        Assert.Equal("Follow Append Put Get Renew", await AllowedAsync(coordinator, folder, Role.Researcher));
        Assert.Equal("Follow Append Put Get Renew", await AllowedAsync(coordinator, folder, Role.Auditor));
        Assert.Equal("Follow Append Get Renew", await AllowedAsync(coordinator, folder, Role.Witness));
    }

    private static IEnumerable<string> Called() => RoleMatrix.Actions
        .Where(action => action.StartsWith(RoleMatrix.Call(""), StringComparison.Ordinal))
        .Select(action => action[RoleMatrix.Call("").Length..]);

    private static IEnumerable<MethodDescriptor> Declared() => typeof(EnrolRequest).Assembly.GetTypes()
        .Select(type => type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static))
        .Where(property => property?.PropertyType == typeof(FileDescriptor))
        .SelectMany(property => ((FileDescriptor)property!.GetValue(null)!).Services)
        .SelectMany(service => service.Methods);

    private static async Task<string> AllowedAsync(RunningCoordinator coordinator, TemporaryFolder folder, Role role)
    {
        string name = RoleName(role);
        MemberFolder member = new(folder[name]);
        MemberIdentity identity = await coordinator.EnrolAsync(member, name, role);
        using X509Certificate2 certificate = member.LoadCertificate(TimeProvider.System);
        using CoordinatorChannel channel = new(identity.Coordinator, identity.CoordinatorPin, certificate);
        List<string> allowed = [];
        foreach (string method in Methods)
        {
            Exception? outcome = await Record.ExceptionAsync(() => CallAsync(channel, method));
            if (outcome is not RpcException { StatusCode: StatusCode.PermissionDenied })
            {
                Assert.True(outcome is null or RpcException
                {
                    StatusCode: StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.NotFound
                }, outcome?.ToString());
                allowed.Add(method);
            }
        }

        return string.Join(" ", allowed);
    }

    private static string RoleName(Role role) => role.ToString().ToLowerInvariant();

    private static Task CallAsync(CoordinatorChannel channel, string method)
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        LedgerExchange.LedgerExchangeClient ledger = new(channel.Grpc);
        BlobExchange.BlobExchangeClient blobs = new(channel.Grpc);
        string digest = new('0', 64);
        return method switch
        {
            "Follow" => ledger.Follow(new FollowRequest { Log = Log.Authorization }, cancellationToken: stop)
                .ResponseStream.MoveNext(stop),
            "Append" => ledger.AppendAsync(new AppendRequest { Log = Log.Data }, cancellationToken: stop).ResponseAsync,
            "Cosign" => ledger.CosignAsync(new CosignRequest { Log = Log.Data }, cancellationToken: stop).ResponseAsync,
            "Heal" => ledger.HealAsync(new HealRequest { Log = Log.Data }, cancellationToken: stop).ResponseAsync,
            "Put" => blobs.PutAsync(new PutChunk { Sha256 = digest }, cancellationToken: stop).ResponseAsync,
            "Get" => blobs.Get(new GetRequest { Sha256 = digest }, cancellationToken: stop).ResponseStream.MoveNext(
                stop),
            _ => new Protos.V1.Membership.MembershipClient(channel.Grpc)
                .RenewAsync(new RenewRequest(), cancellationToken: stop).ResponseAsync,
        };
    }
}
