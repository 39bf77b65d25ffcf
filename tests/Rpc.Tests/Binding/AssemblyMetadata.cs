using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace DigitalTwin.Rpc.Tests.Binding;

/// <summary>What an assembly offers to others and asks of others, as lines of text that can be compared.</summary>
internal sealed class AssemblyMetadata : IDisposable
{
    private readonly SignatureText _text = new();
    private readonly PEReader _file;
    private readonly MetadataReader _reader;

    public AssemblyMetadata(Assembly assembly)
    {
        _file = new PEReader(File.OpenRead(assembly.Location));
        _reader = _file.GetMetadataReader();
    }

    /// <summary>Every type, method and field that another assembly can name.</summary>
    public IEnumerable<string> Offers(bool toFriend)
    {
        foreach (TypeDefinitionHandle handle in _reader.TypeDefinitions)
        {
            TypeDefinition type = _reader.GetTypeDefinition(handle);
            if (!IsVisible(type.Attributes, toFriend))
            {
                continue;
            }

            string name = _text.GetTypeFromDefinition(_reader, handle, rawTypeKind: 0);
            yield return name;
            foreach (MethodDefinition method in type.GetMethods().Select(_reader.GetMethodDefinition))
            {
                if (IsVisible(method.Attributes, toFriend))
                {
                    yield return SignatureText.OfMember(
                        name,
                        _reader.GetString(method.Name),
                        method.DecodeSignature(_text, null));
                }
            }

            foreach (FieldDefinition field in type.GetFields().Select(_reader.GetFieldDefinition))
            {
                if (field.Attributes.HasFlag(FieldAttributes.Public))
                {
                    yield return SignatureText.OfField(
                        name,
                        _reader.GetString(field.Name),
                        field.DecodeSignature(_text, null));
                }
            }
        }
    }

    /// <summary>Every type and member that this assembly names in <paramref name="assembly"/>.</summary>
    public IEnumerable<string> AsksOf(string assembly)
    {
        foreach (TypeReferenceHandle handle in _reader.TypeReferences)
        {
            if (HomeOf(handle) == assembly)
            {
                yield return _text.GetTypeFromReference(_reader, handle, rawTypeKind: 0);
            }
        }

        foreach (MemberReference member in _reader.MemberReferences.Select(_reader.GetMemberReference))
        {
            if (DeclaringType(member) is not TypeReferenceHandle type || HomeOf(type) != assembly)
            {
                continue;
            }

            string typeName = _text.GetTypeFromReference(_reader, type, rawTypeKind: 0);
            string name = _reader.GetString(member.Name);
            yield return member.GetKind() == MemberReferenceKind.Method
                ? SignatureText.OfMember(typeName, name, member.DecodeMethodSignature(_text, null))
                : SignatureText.OfField(typeName, name, member.DecodeFieldSignature(_text, null));
        }
    }

    public void Dispose() => _file.Dispose();

    private static bool IsVisible(TypeAttributes attributes, bool toFriend)
    {
        return (attributes & TypeAttributes.VisibilityMask) switch
        {
            TypeAttributes.Public or TypeAttributes.NestedPublic or TypeAttributes.NestedFamORAssem => true,
            TypeAttributes.NotPublic or TypeAttributes.NestedAssembly => toFriend,
            _ => false,
        };
    }

    private static bool IsVisible(MethodAttributes attributes, bool toFriend)
    {
        return (attributes & MethodAttributes.MemberAccessMask) switch
        {
            MethodAttributes.Public or MethodAttributes.Family or MethodAttributes.FamORAssem => true,
            MethodAttributes.Assembly => toFriend,
            _ => false,
        };
    }

    private string? HomeOf(TypeReferenceHandle handle)
    {
        EntityHandle scope = _reader.GetTypeReference(handle).ResolutionScope;
        return scope.Kind switch
        {
            HandleKind.TypeReference => HomeOf((TypeReferenceHandle)scope),
            HandleKind.AssemblyReference =>
                _reader.GetString(_reader.GetAssemblyReference((AssemblyReferenceHandle)scope).Name),
            _ => null,
        };
    }

    /// <summary>The type that declares <paramref name="member"/>; null if it is this assembly's own.</summary>
    private TypeReferenceHandle? DeclaringType(MemberReference member)
    {
        if (member.Parent.Kind == HandleKind.TypeReference)
        {
            return (TypeReferenceHandle)member.Parent;
        }

        if (member.Parent.Kind != HandleKind.TypeSpecification)
        {
            return null;
        }

        // An instantiated generic type is GENERICINST, CLASS or VALUETYPE, then the type (ECMA-335, II.23.2.12).
        BlobReader signature = _reader.GetBlobReader(
            _reader.GetTypeSpecification((TypeSpecificationHandle)member.Parent).Signature);
        if (signature.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
        {
            return null;
        }

        signature.ReadByte();
        EntityHandle type = signature.ReadTypeHandle();
        return type.Kind == HandleKind.TypeReference ? (TypeReferenceHandle)type : null;
    }
}
