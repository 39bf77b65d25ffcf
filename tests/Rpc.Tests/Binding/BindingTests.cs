using System.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Compression;

namespace DigitalTwin.Rpc.Tests.Binding;

// Goal: no call of the packages into the contract assemblies can fail for want of a type or a member, not even one on a
// path that no other test takes. Method: the packages' own metadata list what they ask for; every line must be among
// what the contract assemblies offer, with the same signature.
public sealed class BindingTests
{
    private static readonly Assembly[] Packages = [typeof(GrpcChannel).Assembly, typeof(GrpcServiceOptions).Assembly];
    private static readonly Assembly[] Contracts = [typeof(Metadata).Assembly, typeof(ICompressionProvider).Assembly];

    public static TheoryData<string, string> Pairs()
    {
        return [.. Packages.SelectMany(package => Contracts.Select(contract => (NameOf(package), NameOf(contract))))];
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Every_type_and_member_that_a_package_asks_for_is_there(string package, string contract)
    {
        using AssemblyMetadata asking = new(Packages.Single(assembly => NameOf(assembly) == package));
        using AssemblyMetadata offering = new(Contracts.Single(assembly => NameOf(assembly) == contract));

        HashSet<string> asked = [.. asking.AsksOf(contract)];
        asked.ExceptWith(offering.Offers(toFriend: package == "Grpc.AspNetCore.Server"));

        Assert.Empty(asked);
    }

    [Theory]
    [InlineData("Grpc.Net.Client", "Grpc.Core.CallInvoker")]
    [InlineData("Grpc.Net.Client", "Grpc.Core.Metadata Grpc.Core.Metadata::Empty")]
    [InlineData("Grpc.Net.Client", "System.Threading.Tasks.Task`1<!0> Grpc.Core.AsyncUnaryCall`1::get_ResponseAsync()")]
    [InlineData("Grpc.AspNetCore.Server", "Grpc.Core.Metadata+Entry")]
    [InlineData(
        "Grpc.AspNetCore.Server",
        "Void Grpc.Core.ServerServiceDefinition::BindService(Grpc.Core.ServiceBinderBase)")]
    public void The_list_of_what_a_package_asks_for_is_read_correctly(string package, string line)
    {
        // Without this the test above would pass on an empty list. Lines by hand, from what the packages must do:
        // derive from CallInvoker, default to empty metadata, await a call, copy headers, bind a service.
        using AssemblyMetadata asking = new(Packages.Single(assembly => NameOf(assembly) == package));

        Assert.Contains(line, asking.AsksOf("Grpc.Core.Api"));
    }

    [Fact]
    public void Every_type_of_the_packages_loads()
    {
        // Loading checks what references cannot say: that each override and each interface member finds its slot.
        Assert.All(Packages, package => Assert.NotEmpty(package.GetTypes()));
    }

    [Fact]
    public void The_contracts_have_the_identity_that_the_packages_name()
    {
        byte[]? key = Packages[0].GetName().GetPublicKey();

        foreach (Assembly package in Packages)
        {
            foreach (AssemblyName wanted in package.GetReferencedAssemblies())
            {
                if (Contracts.FirstOrDefault(contract => NameOf(contract) == wanted.Name) is Assembly contract)
                {
                    Assert.Equal(wanted.FullName, contract.GetName().FullName);
                    Assert.Equal(key, contract.GetName().GetPublicKey());
                }
            }
        }
    }

    private static string NameOf(Assembly assembly) => assembly.GetName().Name!;
}
